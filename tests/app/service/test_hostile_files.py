"""Files that are made to do harm: told apart in seconds, and the next image is translated."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
import requests
from PIL import Image, PngImagePlugin

from tests.app.hostile import hostile
from tests.app.web import png
from tests.running import Running

DECODE_BYTES = 2**30
"""Address space of a decoding child here."""
CHILD_BYTES = 300 * 2**20
"""What a child stays below on these files, of which none is an image larger than a stamp."""
WEB_BYTES = 400 * 2**20
"""What the web process stays below, whatever it is sent; about 150 MiB of it are its code."""
SECRET = "SECRET-OF-ANN"  # noqa: S105


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hostile") / "data"
    running = Running(folder, decode_memory_bytes=DECODE_BYTES, max_pixels=250_000)
    yield running
    running.stop()


class Watch(Thread):
    """The most memory that the web processes, and the children that decode, had meanwhile."""

    def __init__(self, service: Running) -> None:
        super().__init__()
        self.web = self.child = 0
        """In bytes, of the largest one of them."""
        self._processes = [one for one in service.processes() if "gunicorn" in _command(one)]
        self._end = Event()

    def run(self) -> None:
        """Look again and again."""
        while not self._end.wait(0.05):
            self.web = max(self.web, *map(_size, self._processes))
            children = {one for web in self._processes for one in web.children()}
            decoding = [one for one in children if "cyclegan.images.child" in _command(one)]
            self.child = max(self.child, *map(_size, decoding), 0)

    def finish(self) -> None:
        """Look no more."""
        self._end.set()
        self.join()


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # has ended
        return ""


def _size(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def send(service: Running, name: str, data: bytes) -> requests.Response:
    return requests.post(
        f"{service.url}/api/v1/jobs",
        files={"file": (name, data)},
        data={"model": "identity"},
        timeout=60,
    )


def test_hostile_files_are_told_apart_and_each_is_followed_by_a_good_one(service: Running) -> None:
    watch = Watch(service)
    watch.start()
    wrong, last = [], ""
    for what, (name, data, right) in hostile().items():
        began = time.monotonic()
        answer = send(service, name, data)
        if answer.status_code not in right:
            wrong.append((what, answer.status_code, answer.text[:200]))
        if answer.status_code != 202:
            assert set(answer.json()["error"]) == {"code", "message", "request_id"}, what
        assert time.monotonic() - began < 60, what
        last = service.submit(png())
    watch.finish()
    assert wrong == []
    assert service.finish(last)["state"] == "done"
    assert 0 < watch.web < WEB_BYTES
    assert 0 < watch.child < CHILD_BYTES
    assert list((service.data / "incoming").iterdir()) == []
    assert "Traceback" not in service.log()


@pytest.mark.parametrize("trailer", [b"<script>alert(1)</script>", b"PK\3\4"])
def test_what_is_also_something_else_is_only_ever_served_as_an_image(
    service: Running, trailer: bytes
) -> None:
    job = service.finish(service.submit(png() + trailer, name="page.html"))
    for link in ("input", "png", "result", "input_preview"):
        answer = requests.get(service.url + job["links"][link], timeout=60)
        assert answer.headers["Content-Type"] in {"image/png", "image/jpeg", "image/tiff"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert ".html" not in answer.headers["Content-Disposition"].split("filename")[1][-6:]


def marked_jpeg() -> bytes:
    """A JPEG that says who, where and with what, in every place that JPEG has for it."""
    exif = Image.Exif()
    exif[0x013B] = SECRET
    exif[0x8825] = {1: "N", 2: (47.0, 12.0, 1.0), 29: SECRET}
    out = io.BytesIO()
    image = Image.new("RGB", (300, 200), (90, 40, 160))
    image.save(out, "JPEG", exif=exif, xmp=f"<x>{SECRET}</x>".encode(), comment=SECRET)
    return out.getvalue()


def marked_png() -> bytes:
    """The same as PNG."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_itxt("XML:com.adobe.xmp", SECRET)
    exif = Image.Exif()
    exif[0x013B] = SECRET
    out = io.BytesIO()
    Image.new("RGB", (300, 200), (90, 40, 160)).save(out, "PNG", pnginfo=info, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("data", [marked_jpeg(), marked_png()], ids=["JPEG", "PNG"])
def test_what_an_image_says_of_people_and_places_stays_in_the_input(
    service: Running, data: bytes
) -> None:
    assert data.count(SECRET.encode()) >= 3
    job = service.finish(service.submit(data))
    assert job["state"] == "done"
    token = job["links"]["input"].split("/")[2]
    files = {path.parent.name: path for path in (service.data / "store").rglob(f"*{token}*/*/data")}
    assert {"result.tif", "result.png", "result-preview.jpg", "input-preview.jpg"} <= set(files)
    told = {name for name, path in files.items() if SECRET.encode() in path.read_bytes()}
    assert told == {Path(job["links"]["input"]).name}
