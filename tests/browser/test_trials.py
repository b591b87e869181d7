"""Region mode: draw a rectangle, compare what models make of it, have one translate all."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from app import submissions
from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose
from tests.browser.faults import Faults
from tests.browser.unattended import Unattended
from tests.running import Running, eventually, png

IS_COMPARED = """(count) =>
  document.querySelectorAll("#comparison figure[data-ready]").length === count"""


def tissue(height: int, width: int) -> Pixels:
    grown = grow(height, width, seed=2)
    return expose(grown.nuclear, grown.counterstain, draw_rig(np.random.default_rng(40))).muse


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("#trying[data-ready]").wait_for()


def draw(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def shows_something(page: Page) -> bool:
    """Whether the stage is more than its ground."""
    stage = page.locator("#stage").screenshot()
    return bool(np.asarray(Image.open(io.BytesIO(stage)).convert("RGB")).std() > 30)


def field(page: Page, name: str) -> int:
    return int(page.get_by_role("spinbutton", name=name, exact=True).input_value())


def seen(page: Page, title: str) -> NDArray[np.int64]:
    figure = page.locator("#comparison figure").filter(has=page.get_by_text(title, exact=True))
    picture = Image.open(io.BytesIO(figure.locator(".pane").screenshot()))
    return np.asarray(picture.convert("RGB")).astype(int)


def test_a_region_is_drawn_compared_and_the_better_model_translates_all(
    page: Page, service: Running
) -> None:
    job = service.submit(png(tissue(300, 400)), name="kidney.png", model="colour-mapping")
    service.finish(job)
    page.goto(f"/jobs/{job}")
    page.get_by_role("link", name="Compare in full size").click()
    page.locator("#viewer[data-ready]").wait_for()
    page.get_by_role("link", name="Try models").click()
    page.locator("#trying[data-ready]").wait_for()
    draw(page, (300, 200), (500, 420))
    expect(page.locator("#size")).to_have_text(
        f"{field(page, 'Width')} × {field(page, 'Height')} px"
    )
    for model in ("Colour mapping", "MUSE to H and E"):
        expect(page.get_by_role("checkbox", name=re.compile(model))).to_be_checked()
    page.get_by_role("button", name="Translate the region").click()
    page.wait_for_function(IS_COMPARED, arg=3, timeout=120_000)
    page.wait_for_timeout(500)
    muse, mapped, learned = (
        seen(page, title) for title in ("Input", "Colour mapping", "MUSE to H and E")
    )
    middle = np.s_[muse.shape[0] // 2 - 40 : muse.shape[0] // 2 + 40, 100:-100]
    assert mapped[middle].mean() > muse[middle].mean() + 60
    assert np.abs(mapped[middle] - learned[middle]).mean() > 3
    page.get_by_role("button", name="Translate the whole image with MUSE to H and E").click()
    page.wait_for_url(re.compile(rf"/jobs/(?!{job})[\w-]+$"))
    again = service.finish(page.url.rsplit("/", 1)[1])
    assert (again["state"], again["model"], again["name"]) == ("done", "muse2he", "kidney.png")


@pytest.fixture
def waiting(desk: Unattended) -> str:
    """The page of regions of an image that nobody has translated yet."""
    job = desk.send("waiting.png")
    return f"{desk.url}/jobs/{job.id}/try"


def test_an_image_that_waits_is_drawn_on_from_its_preview(page: Page, waiting: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 700})
    opened(page, waiting)
    eventually(lambda: shows_something(page))
    draw(page, (250, 250), (400, 350))
    expect(page.locator("#rectangle")).to_be_visible()
    page.get_by_role("button", name="Translate the region").click()
    expect(page.locator("#comparison .waiting").nth(1)).to_have_text("Waiting for its turn …")
    page.reload()
    expect(page.get_by_role("button", name=re.compile(r"^Show \d"))).to_be_visible()


def test_the_rectangle_stays_on_its_place_while_the_picture_moves(page: Page, waiting: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 700})
    opened(page, waiting)
    draw(page, (250, 250), (400, 350))
    before = page.locator("#rectangle").bounding_box()
    assert before is not None
    page.keyboard.press("+")
    page.wait_for_function(
        "(width) => Math.abs(document.getElementById('rectangle')"
        ".getBoundingClientRect().width / width - 1.5) < 0.03",
        arg=before["width"],
    )
    page.get_by_role("button", name="Draw", exact=True).click()
    page.mouse.click(500, 400)
    expect(page.locator("#rectangle")).to_be_visible()  # a click draws nothing


def test_a_region_is_chosen_by_keyboard_and_its_size_told_in_um(
    page: Page, desk: Unattended, waiting: str
) -> None:
    opened(page, waiting)
    page.get_by_role("button", name="Take what is seen").press("Enter")
    assert (field(page, "Width"), field(page, "Height")) == (67, 61)
    page.get_by_role("spinbutton", name="Left").fill("60")
    expect(page.locator("#size")).to_have_text("7 × 61 px")
    module = "import('/static/js/trials/regions.js')"
    words = f"([region, mpp]) => {module}.then((all) => all.sizeWords(region, mpp))"
    region = {"width": 640, "height": 480}
    assert page.evaluate(words, [region, 0.5]) == "640 × 480 px · 320 × 240 µm"
    assert page.evaluate(words, [region, 2]) == "640 × 480 px · 1.28 × 0.96 mm"


def test_what_is_too_large_is_said_and_made_to_fit(page: Page, desk: Unattended) -> None:
    flat = np.full((2200, 2300, 3), (90, 40, 160), np.uint8)
    job = submissions.submit(
        desk.services, file=io.BytesIO(png(flat)), filename="large.png", user="somebody"
    )
    opened(page, f"{desk.url}/jobs/{job.id}/try")
    page.get_by_role("button", name="Take what is seen").click()
    expect(page.get_by_role("alert").filter(has_text="megapixels")).to_contain_text(
        "That is 5.1 megapixels; at most 4.2"
    )
    go = page.get_by_role("button", name="Translate the region")
    expect(go).to_be_disabled()
    page.get_by_role("button", name="Make it fit").click()
    expect(go).to_be_enabled()
    assert 4.1e6 < field(page, "Width") * field(page, "Height") <= 2048 * 2048


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(page: Page, waiting: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, waiting)
    page.get_by_role("button", name="Take what is seen").click()
    page.get_by_role("button", name="Translate the region").click()
    page.locator("#comparison figure").first.wait_for()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Region", exact=True).click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_refusal_is_said_where_it_was_asked_for(
    page: Page, desk: Unattended, waiting: str, faults: Faults
) -> None:
    faults.expect("404")
    opened(page, waiting)
    page.get_by_role("button", name="Take what is seen").click()
    desk.clear()
    page.get_by_role("button", name="Translate the region").click()
    expect(page.locator("#refused")).to_have_text(
        "There is no such job; its image may have been deleted."
    )
