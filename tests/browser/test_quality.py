"""What a job's page says of how far an image and its result can be trusted."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from scipy import ndimage

from app import submissions
from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.simulate import expose
from cyclegan.stains import render
from tests.app.pyramids import finish_with_pictures
from tests.browser.test_sending import choose, row
from tests.browser.test_viewer import seen
from tests.browser.unattended import Unattended
from tests.running import Running, png

SIDE = 320
"""px"""


def muse() -> Pixels:
    tissue = grow(SIDE, SIDE, seed=2)
    return expose(tissue.nuclear, tissue.counterstain).muse


def half_blurred() -> Pixels:
    """A MUSE-like picture whose left half is out of focus."""
    picture = muse().astype(np.float32)
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


def test_whoever_sends_h_and_e_is_told_so_beside_the_file_while_it_can_be_cancelled(
    page: Page, desk: Unattended, folder: Path
) -> None:
    for name, pixels in (("slide.png", h_and_e()), ("muse.png", muse())):
        Image.fromarray(pixels).save(folder / name)
    page.goto(desk.url)
    choose(page, folder / "slide.png", folder / "muse.png")
    warned, fine = row(page, "slide.png"), row(page, "muse.png")
    expect(warned).to_contain_text("This already looks like H&E")
    expect(warned).to_contain_text("If it was sent by mistake, cancel it.")
    expect(fine).to_contain_text("Waiting")
    expect(fine.locator(".caution")).to_be_hidden()
    warned.get_by_role("button", name="Cancel: slide.png").click()
    expect(warned).to_contain_text("Cancelled")
    expect(warned).not_to_contain_text("cancel it")


def test_the_page_of_a_batch_says_under_which_image_something_is_wrong(
    page: Page, desk: Unattended
) -> None:
    jobs = [
        submissions.submit(
            desk.services, file=io.BytesIO(png(pixels)), filename=name, user="somebody", batch="b"
        )
        for name, pixels in (("slide.png", h_and_e()), ("muse.png", muse()))
    ]
    page.goto(f"{desk.url}/batches/{jobs[0].batch_id}")
    tiles = page.locator("#images > li")
    expect(tiles).to_have_count(2)
    expect(page.locator(".caution", has_text="already looks like H&E")).to_have_count(1)
    expect(tiles.filter(has_text="muse.png").locator(".caution")).to_be_hidden()


def test_the_list_of_overlays_folds_away_by_keyboard_and_stays_so(
    page: Page, desk: Unattended, folder: Path
) -> None:
    desk.send("blurred.png")
    grey = np.full((300, 400, 3), 90, np.uint8)
    job = finish_with_pictures(desk.services, folder, before=grey, after=grey, blur_over=(384, 512))
    page.goto(f"{desk.url}/jobs/{job.id}/view")
    fold, chosen = page.get_by_role("button", name="Overlays"), page.get_by_role("checkbox")
    chosen.check()
    expect(fold).to_have_text("Overlays (1 shown)")
    fold.focus()
    page.keyboard.press("Space")
    expect(chosen).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    page.reload()
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(chosen).to_be_hidden()
    fold.click()
    expect(chosen).to_be_visible()


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


def test_a_map_ends_where_a_flat_picture_does(page: Page, desk: Unattended, folder: Path) -> None:
    flat = np.full((40, 800, 3), 90, np.uint8)
    file = io.BytesIO(png(flat))
    submissions.submit(desk.services, file=file, filename="flat.png", user="somebody")
    job = finish_with_pictures(desk.services, folder, before=flat, after=flat, blur_over=(384, 800))
    page.goto(f"{desk.url}/jobs/{job.id}")
    stage = ".compare figure:last-child .stage"
    plain = seen(page, stage)
    page.get_by_role("button", name="Show over the pictures: Blur").click()
    page.mouse.move(0, 0)
    (down, _) = np.nonzero(np.abs(seen(page, stage) - plain).max(axis=2) > 3)
    within = np.nonzero(np.abs(plain - 90).max(axis=2) < 12)[0]
    assert (down.min(), down.max()) == pytest.approx((within.min(), within.max()), abs=1)
