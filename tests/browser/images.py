"""Images that tests send, and what they find of them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from playwright.sync_api import Page

from tests.running import noise, png


def image_file(folder: Path, name: str, *, height: int = 97, width: int = 131) -> Path:
    """A PNG of noise, which is another one for each name."""
    path = folder / name
    path.write_bytes(png(noise(height, width, seed=sum(name.encode()))))
    return path


def wait_for_pictures(page: Page) -> None:
    """Wait until each picture of the page is there, and with it the page's layout."""
    # A function: an expression is evaluated anew at each look, which the content policy forbids.
    page.wait_for_function("() => [...document.images].every((one) => one.naturalWidth > 0)")


def size_behind(page: Page, link: str) -> tuple[int, ...]:
    """(height, width) of the PNG or TIFF behind a link."""
    body = page.request.get(link).body()
    if body.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(body)) as image:
            return image.height, image.width
    return tifffile.imread(io.BytesIO(body)).shape[:2]


def pixels_behind(page: Page, link: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(height, width, 3) uint8 of the image behind a link."""
    with Image.open(io.BytesIO(page.request.get(link).body())) as image:
        return np.asarray(image.convert("RGB"))
