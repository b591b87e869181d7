"""Put pip into a virtual environment that has none, with nothing but Python itself.

    PYTHON_OF_THE_ENVIRONMENT scripts/get_pip.py

Debian's python3 comes without what `venv` makes pip from. The wheel is fetched from the package
index that `PIP_INDEX_URL` names (pypi.org when unset), checked, and then installs itself.
"""

import hashlib
import os
import re
import runpy
import ssl
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

WHEEL = "pip-26.3-py3-none-any.whl"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
DEFAULT_INDEX = "https://pypi.org/simple"
TIMEOUT_S = 60


def fetch(url: str) -> bytes:
    """The bytes at an address; trusts the certificates that pip would be told to trust."""
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def wheel_address(page: str, base: str) -> str:
    """Where the index's page about pip says that the wheel is."""
    links: list[str] = re.findall(r'href="([^"#]+)', page)
    for link in links:
        if urllib.parse.unquote(link).endswith(f"/{WHEEL}"):
            return urllib.parse.urljoin(base, link)
    raise SystemExit(f"the package index at {base} does not have {WHEEL}")


def main() -> None:
    """Fetch, check, install."""
    index = os.environ.get("PIP_INDEX_URL", DEFAULT_INDEX).rstrip("/")
    page = f"{index}/pip/"
    try:
        content = fetch(wheel_address(fetch(page).decode(), page))
    except urllib.error.URLError as error:
        raise SystemExit(f"the package index at {index} cannot be reached: {error}") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{WHEEL} of the package index at {index} is not the one expected")
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / WHEEL
        wheel.write_bytes(content)
        sys.path.insert(0, str(wheel))
        sys.argv = ["pip", "install", "--quiet", "--no-index", str(wheel)]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
