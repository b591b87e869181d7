"""Make the pictures that are committed, by using the service: run after the pages have changed.

    python -m tests.browser.pictures

The specimen on the home page, its thumbnail, and the picture of the portal in the README.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from PIL.ExifTags import Base
from playwright.sync_api import Page, sync_playwright

from app.settings import ROOT
from cyclegan.models.bundled import SHIPPED, default_model
from cyclegan.models.card import read_card
from tests.browser.chromium import LAUNCH
from tests.running import Running

IMAGES = ROOT / "app" / "static" / "img"
PORTAL = ROOT / "docs" / "images" / "portal.png"
VIEW = (1280, 1000)
"""Width and height of the browser's window in px."""
BAND = (430, 857)
"""First and last row of the sample that the specimen shows."""
SPECIMEN = (960, 400)
"""Width and height in px: twice the size on the page."""


def main() -> None:
    """Translate the sample in a browser, and keep what comes of it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        running = Running(Path(folder) / "data")
        try:
            browser = playwright.chromium.launch(**LAUNCH)
            width, height = VIEW
            page = browser.new_page(
                base_url=running.url, viewport={"width": width, "height": height}
            )
            _translate_sample(page)
            _keep_specimen(*_pair(page))
            PORTAL.parent.mkdir(parents=True, exist_ok=True)
            screenshot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            _in_few_colours(screenshot, _compared(page)).save(PORTAL, optimize=True)
            browser.close()
        finally:
            running.stop()


def _translate_sample(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try it with a sample").click()
    page.get_by_role("link", name="Download TIFF").wait_for()
    page.wait_for_load_state("networkidle")


def _pair(page: Page) -> tuple[Image.Image, Image.Image]:
    document = page.request.get(page.url.replace("/jobs/", "/api/v1/jobs/")).json()
    links = [document["links"]["input"], document["links"]["png"]]
    muse, he = (Image.open(io.BytesIO(page.request.get(link).body())) for link in links)
    return muse.convert("RGB"), he.convert("RGB")


def _keep_specimen(muse: Image.Image, he: Image.Image) -> None:
    """One tissue, its left half as it was sent and its right half as it comes back."""
    top, bottom = BAND
    middle = muse.width // 2
    both = muse.copy()
    both.paste(he.crop((middle, 0, he.width, he.height)), (middle, 0))
    strip = both.crop((0, top, both.width, bottom)).resize(SPECIMEN, Image.Resampling.LANCZOS)
    # So that a test tells when the weights have changed since.
    exif = Image.Exif()
    exif[Base.ImageDescription] = _default_weights()
    strip.save(IMAGES / "specimen.webp", quality=84, exif=exif)
    square = muse.crop((400, 480, 720, 800)).resize((96, 96), Image.Resampling.LANCZOS)
    square.save(IMAGES / "sample.webp", quality=84)


def _default_weights() -> str:
    return read_card(SHIPPED / default_model()).sha256 or ""


def _compared(page: Page) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge of the two pictures on the page, in px."""
    box = page.locator(".compare").bounding_box()
    assert box is not None
    left, top = int(box["x"]), int(box["y"])
    return left, top, left + int(box["width"]), top + int(box["height"])


def _in_few_colours(page: Image.Image, pictures: tuple[int, int, int, int]) -> Image.Image:
    """The page in 256 colours, of which its text has 64 for itself; a third of the size."""
    rest = page.copy()
    rest.paste((255, 255, 255), pictures)
    colours = [
        *_palette(rest, 64),
        *_palette(page.crop(pictures), 192),
    ]
    chart = Image.new("P", (1, 1))
    chart.putpalette(colours)
    return page.quantize(palette=chart, dither=Image.Dither.FLOYDSTEINBERG)


def _palette(image: Image.Image, count: int) -> list[int]:
    found = image.quantize(count, kmeans=2).getpalette() or []
    return (found + [0] * (3 * count))[: 3 * count]


if __name__ == "__main__":
    main()
