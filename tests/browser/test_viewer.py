"""Looking at input and result in full size: what is seen where, by mouse, keys and links."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app import submissions
from app.job import Job
from cyclegan.images.image import Pixels
from tests.app.pyramids import finish_with_pictures
from tests.browser.faults import Faults, listen
from tests.browser.swipes import swipe
from tests.browser.unattended import Unattended
from tests.running import noise, png

BLUE, GREEN, WHITE = (20, 30, 200), (30, 180, 40), (255, 255, 255)
IS_DRAWN = """() => document.querySelector("#viewer[data-ready]")
  && ["pane", "second"].map((id) => OpenSeadragon.getViewer(document.getElementById(id)))
    .filter((viewer) => viewer && !viewer.element.hidden)
    .every(({ world, viewport }) => [...Array(world.getItemCount()).keys()]
      .map((number) => world.getItemAt(number))
      .every((item) => item.getFullyLoaded() || item.opacity === 0)
      && viewport.getZoom(true) === viewport.getZoom(false)
      && viewport.getCenter(true).equals(viewport.getCenter(false)))"""
MIDDLE = """() => {
  const { viewport } = OpenSeadragon.getViewer(document.getElementById("pane"));
  return [viewport.getCenter().x, viewport.getCenter().y];
}"""
CORNER = """(pane) => {
  const { world } = OpenSeadragon.getViewer(document.querySelector(pane));
  const image = world.getItemAt(0);
  const { x, y } = image.imageToViewerElementCoordinates(image.getContentSize());
  return [y, x];
}"""
PANES = ("#pane", "#second")
DRAWS_LATE = """(() => {
  const frame = window.requestAnimationFrame.bind(window);
  const isTwo = () => document.querySelector("#panes.two");
  window.requestAnimationFrame = (draw) => frame(function wait(now) {
    if (isTwo()) draw(now);
    else frame(wait);
  });
})()"""
"""A browser that is too busy to draw before two panes are there."""
SHOW_THE_SAME = """(px) => {
  const [one, other] = ["pane", "second"].map((id) => {
    const { viewport } = OpenSeadragon.getViewer(document.getElementById(id));
    const { x, y, width, height } = viewport.getBounds(true);
    return [viewport.getContainerSize().x, x, y, width, height];
  });
  return Math.abs(one[0] - px) < 2
    && one.every((value, at) => Math.abs(value - other[at]) < (at ? 0.01 : 3));
}"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def marked(height: int, width: int, colour: tuple[int, int, int]) -> Pixels:
    """A plain picture with a white square whose middle is a third down and half across."""
    pixels = np.full((height, width, 3), colour, np.uint8)
    y, x, half = height // 3, width // 2, width // 40
    pixels[y - half : y + half, x - half : x + half] = WHITE
    return pixels


@pytest.fixture
def job(desk: Unattended, folder: Path) -> Job:
    """An image, and a result with a quarter of its pixels, which are twice as large."""
    before = marked(900, 1200, BLUE)
    file = io.BytesIO(png(before))
    submissions.submit(desk.services, file=file, filename="kidney.png", user="somebody", mpp=0.5)
    after = marked(450, 600, GREEN)
    return finish_with_pictures(desk.services, folder, before=before, after=after, spacing_um=0.5)


@pytest.fixture
def view(page: Page, desk: Unattended, job: Job) -> Page:
    """The viewer, with everything drawn."""
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(f"{desk.url}/jobs/{job.id}/view")
    return rested(page)


def rested(page: Page) -> Page:
    """The page, when nothing moves and nothing is fetched any more."""
    page.wait_for_function(IS_DRAWN)
    page.evaluate(FRAMES)
    return page


def seen(page: Page, selector: str = "#stage") -> NDArray[np.int64]:
    """What a person sees of an element, (height, width, 3)."""
    picture = Image.open(io.BytesIO(page.locator(selector).screenshot()))
    return np.asarray(picture.convert("RGB")).astype(int)


def is_at(picture: NDArray[np.int64], across: float, colour: tuple[int, int, int]) -> bool:
    """Whether the picture has the colour low down, this part of its width from the left."""
    height, width, _ = picture.shape
    return bool(np.abs(picture[height * 2 // 3, int(width * across)] - colour).max() < 12)


def square(page: Page, selector: str) -> tuple[float, float]:
    """The middle (y, x) of the white square within an element, in px."""
    picture = seen(page, selector)
    within = np.asarray((picture > 245).all(axis=2))
    within[:60] = within[-60:] = False  # what is written over the picture
    found = np.argwhere(within)
    assert len(found) > 100
    y, x = found.mean(axis=0)
    return float(y), float(x)


def place(page: Page) -> dict[str, float]:
    """What the address says: x, y, zoom and at."""
    fields = parse_qs(urlsplit(page.url).fragment)
    return {name: float(values[0]) for name, values in fields.items() if name != "mode"}


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.wait_for_timeout(300)  # held still, so that it is no throw
    page.mouse.up()


def test_the_curtain_is_dragged_between_input_and_result(view: Page) -> None:
    assert is_at(seen(view), 0.4, BLUE)
    assert is_at(seen(view), 0.6, GREEN)
    drag(view, (500, 380), (250, 380))
    assert is_at(seen(rested(view)), 0.2, BLUE)
    assert is_at(seen(view), 0.3, GREEN)
    view.locator("#curtain").press("End")
    assert is_at(seen(rested(view)), 0.8, BLUE)


def test_on_a_phone_a_finger_drags_the_curtain_and_moves_the_picture(
    browser: Browser, desk: Unattended, job: Job, faults: Faults
) -> None:
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = listen(phone.new_page(), faults)
    page.goto(f"{desk.url}/jobs/{job.id}/view")
    handle = rested(page).get_by_role("slider", name="Curtain")
    swipe(page, (195, 465), (100, 465))
    expect(handle).to_have_attribute("aria-valuenow", re.compile(r"2[56]"))
    assert is_at(seen(rested(page)), 0.15, BLUE)
    assert is_at(seen(page), 0.35, GREEN)
    before = page.evaluate(MIDDLE)
    swipe(page, (300, 450), (250, 480))
    rested(page)
    assert page.evaluate(MIDDLE) == pytest.approx(
        [before[0] + 50 / 390, before[1] - 30 / 390], rel=0.2
    )
    expect(handle).to_have_attribute("aria-valuenow", re.compile(r"2[56]"))
    phone.close()


def test_the_curtain_stays_where_it_is_while_the_picture_moves(view: Page) -> None:
    for key in ("+", "+", "ArrowLeft"):
        view.keyboard.press(key)
    assert is_at(seen(rested(view)), 0.45, BLUE)
    assert is_at(seen(view), 0.55, GREEN)


def test_a_result_of_fewer_pixels_lies_exactly_on_the_input(view: Page) -> None:
    view.keyboard.press("4")
    view.keyboard.press("+")
    expect(view.get_by_role("button", name="Showing: Input")).to_be_visible()
    before = square(rested(view), "#stage")
    view.keyboard.press(" ")
    expect(view.get_by_role("button", name="Showing: Virtual H&E")).to_be_visible()
    after = square(rested(view), "#stage")
    assert np.abs(np.subtract(before, after)).max() < 1


def test_close_up_every_pixel_is_a_square_also_where_tiles_meet(
    page: Page, desk: Unattended, folder: Path
) -> None:
    before, after = noise(520, 520, seed=1), noise(520, 520, seed=2)
    submissions.submit(
        desk.services, file=io.BytesIO(png(before)), filename="kidney.png", user="somebody"
    )
    job = finish_with_pictures(desk.services, folder, before=before, after=after)
    page.goto(f"{desk.url}/jobs/{job.id}/view#x=256&y=256&zoom=16&mode=blink")
    picture = seen(rested(page))
    y, x = picture.shape[0] // 2, picture.shape[1] // 2  # the corner of four tiles
    squares = picture[y - 64 : y + 64, x - 64 : x + 64].reshape(8, 16, 8, 16, 3)
    inner = squares[:, 2:-2, :, 2:-2]
    assert np.ptp(inner, axis=(1, 3)).max() == 0
    assert np.abs(inner[:, 0, :, 0] - before[252:260, 252:260]).mean() < 12  # tiles are JPEG


def test_side_by_side_both_move_together(view: Page) -> None:
    view.keyboard.press("2")
    start = square(rested(view), "#pane")
    for grasp, let_go in (((200, 400), (290, 450)), ((700, 450), (640, 400))):
        drag(view, grasp, let_go)
        first, second = square(rested(view), "#pane"), square(view, "#second")
        assert np.abs(np.subtract(first, second)).max() < 1
        assert np.abs(np.subtract(first, start)).max() > 20
        start = first


def test_side_by_side_both_show_the_same_place_in_a_window_of_another_size(view: Page) -> None:
    view.keyboard.press("2")
    for width in (700, 1100, 640, 900):
        view.set_viewport_size({"width": width, "height": 600})
        rested(view)
        view.wait_for_function(SHOW_THE_SAME, arg=width / 2)


def test_a_link_opens_at_the_same_place_in_another_window(view: Page) -> None:
    for key in ("3", "+", "ArrowDown", "+"):
        view.keyboard.press(key)
    view.locator("#opacity").fill("30")
    rested(view)
    view.context.grant_permissions(["clipboard-read", "clipboard-write"])
    view.get_by_role("button", name="Copy a link to this place").click()
    expect(view.get_by_role("status")).to_have_text("The link to this place is copied")
    link = view.evaluate("navigator.clipboard.readText()")
    there = place(view)
    assert there["at"] == 0.3
    other = view.context.new_page()
    other.set_viewport_size({"width": 700, "height": 600})
    other.goto(link)
    rested(other)
    expect(other.get_by_role("button", name="Opacity")).to_have_attribute("aria-pressed", "true")
    other.wait_for_function("() => location.hash.length > 1")
    for name, value in place(other).items():
        assert value == pytest.approx(there[name], rel=0.002), name


@pytest.mark.parametrize("zoom", [0.3, 2])
def test_a_link_to_side_by_side_opens_at_its_zoom_however_late_the_panes_are_drawn(
    page: Page, desk: Unattended, job: Job, zoom: float
) -> None:
    page.add_init_script(DRAWS_LATE)
    page.goto(f"{desk.url}/jobs/{job.id}/view#mode=side&x=500&y=400&zoom={zoom}")
    rested(page)
    page.wait_for_function("() => location.hash.includes('at=')")
    assert place(page) == pytest.approx({"x": 500, "y": 400, "zoom": zoom, "at": 0.5})


def test_side_by_side_without_a_place_shows_all_of_the_picture_in_each_pane(
    page: Page, desk: Unattended, job: Job
) -> None:
    page.set_viewport_size({"width": 1000, "height": 700})
    page.add_init_script(DRAWS_LATE)
    page.goto(f"{desk.url}/jobs/{job.id}/view#mode=side")
    rested(page)
    for pane in PANES:
        _, right = page.evaluate(CORNER, pane)
        assert right == pytest.approx(500, abs=3)


@pytest.mark.parametrize("mode", ["curtain&at=0.3", "opacity&at=0.9"])
@pytest.mark.parametrize("zoom", [0.313, 0.377, 0.411])
def test_no_line_of_the_input_shines_through_along_the_edges_of_the_result(
    page: Page, desk: Unattended, folder: Path, zoom: float, mode: str
) -> None:
    before, after = marked(900, 1200, BLUE), np.full((900, 1200, 3), WHITE, np.uint8)
    file = io.BytesIO(png(before))
    submissions.submit(desk.services, file=file, filename="glass.png", user="somebody")
    job = finish_with_pictures(desk.services, folder, before=before, after=after)
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(f"{desk.url}/jobs/{job.id}/view#x=600.7&y=450.3&zoom={zoom}&mode={mode}")
    right = seen(rested(page))[80:-60, 320:]  # of the curtain, without what is written
    assert (right.min(axis=2) > 200).all()


@pytest.mark.parametrize("odd", ["#x=1e999&y=NaN&zoom=0&mode=none&at=", "#mode=side&at=-7", "#%%%"])
def test_links_that_say_nothing_sensible_open_the_whole_picture(
    page: Page, desk: Unattended, job: Job, odd: str
) -> None:
    page.goto(f"{desk.url}/jobs/{job.id}/view{odd}")
    assert square(rested(page), "#pane")


def test_keys_choose_modes_and_full_screen(view: Page) -> None:
    for key, name in (("2", "Side by side"), ("3", "Opacity"), ("4", "Blink"), ("1", "Curtain")):
        view.keyboard.press(key)
        button = view.get_by_role("button", name=name, exact=True)
        expect(button).to_have_attribute("aria-pressed", "true")
    view.keyboard.press("f")
    view.wait_for_function("() => document.fullscreenElement !== null")
    view.keyboard.press("f")
    view.wait_for_function("() => document.fullscreenElement === null")
    view.keyboard.press("?")
    expect(view.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_scale_bar_is_as_long_as_it_says(view: Page) -> None:
    for key in ("-", "+", "+", "+"):
        view.keyboard.press(key)
        rested(view)
        view.wait_for_timeout(400)  # the address follows when the picture rests
        width = view.locator("#scalebar").evaluate(
            "(bar) => parseFloat(getComputedStyle(bar, '::after').width)"
        )
        number, unit = view.locator("#scalebar-words").inner_text().split()
        assert unit == "µm"
        assert width * 0.5 / place(view)["zoom"] == pytest.approx(float(number), rel=0.01)


def test_bars_are_round_numbers_that_fit(view: Page) -> None:
    def bar(zoom: float, mpp: float | None) -> dict[str, Any]:
        module = "import('/static/js/viewer/scalebar.js')"
        code = f"([zoom, mpp]) => {module}.then((all) => all.bar(zoom, mpp, 180))"
        found: dict[str, Any] = view.evaluate(code, [zoom, mpp])
        return found

    assert bar(1, 0.5)["words"] == "50 µm"
    assert bar(0.01, 0.5)["words"] == "5 mm"
    assert bar(64, 0.25)["words"] == "0.5 µm"
    assert bar(0.3, None) == {"px": pytest.approx(150), "words": "500 px"}
    for zoom in (0.003, 0.7, 5.9):
        assert 180 / 2.5 - 1e-6 <= bar(zoom, 0.37)["px"] <= 180


def test_a_map_of_quality_is_laid_over_both_and_taken_away(
    page: Page, desk: Unattended, folder: Path
) -> None:
    before, after = marked(300, 400, BLUE), marked(300, 400, GREEN)
    desk.send("blurred.png")
    job = finish_with_pictures(
        desk.services, folder, before=before, after=after, blur_over=(384, 512)
    )
    page.goto(f"{desk.url}/jobs/{job.id}/view#mode=side")
    plain = seen(rested(page), "#second")
    page.get_by_role("checkbox", name="Blur").check()
    page.wait_for_function(
        "() => OpenSeadragon.getViewer(document.getElementById('second'))"
        ".world.getItemCount() === 2"
    )
    for pane, colour in (("#pane", BLUE), ("#second", GREEN)):
        assert not is_at(seen(rested(page), pane), 0.4, colour)
    page.get_by_role("checkbox", name="Blur").uncheck()
    assert np.abs(seen(rested(page), "#second") - plain)[200:].max() < 3


@pytest.mark.parametrize("zoom", [0.4, 1.7, 7])
def test_a_map_of_coarse_cells_ends_where_the_image_does(
    page: Page, desk: Unattended, folder: Path, zoom: float
) -> None:
    before, after = marked(300, 400, BLUE), marked(300, 400, GREEN)
    file = io.BytesIO(png(before))
    submissions.submit(desk.services, file=file, filename="blurred.png", user="somebody")
    job = finish_with_pictures(
        desk.services, folder, before=before, after=after, blur_over=(384, 512)
    )
    page.goto(f"{desk.url}/jobs/{job.id}/view#x=400&y=300&zoom={zoom}&mode=side")
    page.get_by_role("button", name="Overlays").click()
    plain = [seen(rested(page), pane) for pane in PANES]
    page.get_by_role("button", name="Overlays").click()
    page.get_by_role("checkbox", name="Blur").check()
    page.wait_for_function(
        "() => OpenSeadragon.getViewer(document.getElementById('second'))"
        ".world.getItemCount() === 2"
    )
    page.get_by_role("button", name="Overlays").click()
    for pane, without in zip(PANES, plain, strict=True):
        covered = np.abs(seen(rested(page), pane) - without).max(axis=2) > 3
        covered[:110] = False  # what is written over the picture
        down, across = np.nonzero(covered)
        bottom, right = page.evaluate(CORNER, pane)
        assert (down.max() + 1, across.max() + 1) == pytest.approx(
            (bottom, right), abs=3
        )  # a border


def test_a_jobs_page_leads_to_the_viewer_and_back(page: Page, desk: Unattended, job: Job) -> None:
    page.goto(f"{desk.url}/jobs/{job.id}")
    page.get_by_role("link", name="Compare in full size").click()
    rested(page)
    page.get_by_role("link", name="Back to the page of kidney.png").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kidney.png")


def test_a_phone_leads_from_the_viewer_to_regions_too(
    page: Page, desk: Unattended, job: Job
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{desk.url}/jobs/{job.id}/view")
    link = rested(page).get_by_role("link", name="Try models")
    expect(link).to_be_in_viewport(ratio=1)
    link.click()
    expect(page).to_have_url(re.compile(rf"/jobs/{job.id}/try#.*zoom="))


def test_without_scripts_there_are_previews(plain_page: Page, desk: Unattended, job: Job) -> None:
    plain_page.goto(f"{desk.url}/jobs/{job.id}/view")
    expect(plain_page.get_by_role("img", name="Virtual H&E")).to_be_visible()
    expect(plain_page.get_by_role("group", name="Tools")).to_be_hidden()
