"""What a job's page says of how far an image and its result can be trusted."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect
from scipy import ndimage

from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.simulate import expose
from cyclegan.stains import render
from tests.browser.unattended import Unattended
from tests.running import Running, png

SIDE = 320
"""px"""


def half_blurred() -> Pixels:
    """A MUSE-like picture whose left half is out of focus."""
    tissue = grow(SIDE, SIDE, seed=2)
    picture = expose(tissue.nuclear, tissue.counterstain).muse.astype(np.float32)
    picture[:, : SIDE // 2] = ndimage.gaussian_filter(picture[:, : SIDE // 2], (6, 6, 0))
    return picture.astype(np.uint8)


def h_and_e() -> Pixels:
    tissue = grow(SIDE, SIDE, seed=2)
    return render(tissue.nuclear, tissue.counterstain)


def test_who_sends_h_and_e_is_told_so_before_it_is_translated(page: Page, desk: Unattended) -> None:
    answer = page.request.post(
        f"{desk.url}/api/v1/jobs",
        multipart={
            "file": {"name": "slide.png", "mimeType": "image/png", "buffer": png(h_and_e())}
        },
    )
    page.goto(f"{desk.url}/jobs/{answer.json()['id']}")
    expect(page.get_by_text("This already looks like H&E")).to_be_visible()
    expect(page.get_by_role("heading", name="Quality")).to_have_count(0)


def test_maps_are_laid_over_both_pictures_when_they_are_asked_for(
    page: Page, service: Running
) -> None:
    job = service.submit(png(half_blurred()), name="half.png", model="colour-mapping")
    service.finish(job)
    page.goto(f"/jobs/{job}")
    expect(page.locator(".notice", has_text="Parts of this image are out of focus")).to_be_visible()
    overlays = page.locator(".overlay[data-map=blur]")
    expect(overlays).to_have_count(2)
    expect(overlays.first).to_be_hidden()
    button = page.get_by_role("button", name="Show over the pictures: Out of focus")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    for overlay in overlays.all():
        expect(overlay).to_be_visible()
        over, picture = overlay.bounding_box(), overlay.locator("xpath=../img").bounding_box()
        assert over is not None
        assert picture is not None
        assert abs(over["width"] - picture["width"]) < 2
    page.keyboard.press("Enter")
    expect(overlays.first).to_be_hidden()
