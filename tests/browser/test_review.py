"""Going through results with the keyboard, and drawing on them, as a reviewer does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from app import submissions
from app.job import Job
from app.review import Opinion
from app.reviews import ReviewLog
from tests.app.pyramids import finish_with_pictures
from tests.browser.faults import Faults
from tests.browser.unattended import Unattended
from tests.running import noise, png

VIEWERS = """["pane", "second"].map((id) => OpenSeadragon.getViewer(document.getElementById(id)))"""
RESTS = f"""() => {VIEWERS}.every((viewer) => viewer?.world.getItemCount()
  && viewer.world.getItemAt(viewer.world.getItemCount() - 1).source.dimensions
  && viewer.viewport.getZoom(true) === viewer.viewport.getZoom(false)
  && viewer.viewport.getCenter(true).equals(viewer.viewport.getCenter(false))
  && document.getElementById("regions").viewBox.baseVal.width > 0)"""
WHERE = """([y, x]) => {
  const svg = document.getElementById("regions");
  const { x: left, y: top } = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  return [left, top];
}"""
BOUNDS = f"""() => {VIEWERS}.map(({{ viewport }}) => {{
  const {{ x, y, width, height }} = viewport.getBounds(true);
  return [x, y, width, height];
}})"""


@pytest.fixture(autouse=True)
def _tiles_come_late(faults: Faults) -> None:
    """OpenSeadragon says so of tiles that were on their way when their picture was left."""
    faults.expect("loaded before reset")


def results(desk: Unattended, folder: Path, count: int) -> list[Job]:
    """Jobs that are done, the oldest first."""
    jobs = []
    for number in range(count):
        desk.send(f"kidney-{number}.png")
        picture = noise(61, 67, seed=number)
        jobs.append(
            finish_with_pictures(desk.services, folder, before=picture, after=255 - picture)
        )
    return jobs


def begin(page: Page, desk: Unattended, query: str = "") -> None:
    page.goto(f"{desk.url}/review{query}")
    expect(page.get_by_role("heading", name="kidney-0.png")).to_be_visible()


def latest(desk: Unattended, job: Job) -> dict[str, Any]:
    """What counts of what was said of a job."""
    log: ReviewLog = desk.services.reviews
    return log.history(job.id)[0].stored()


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name)


def test_ten_results_get_their_verdicts_by_the_keyboard_alone(
    page: Page, desk: Unattended, folder: Path
) -> None:
    jobs = results(desk, folder, 10)
    begin(page, desk)
    page.keyboard.type("ar")  # faster than anything is saved: nothing is lost or mixed up
    expect(heading(page, "kidney-2.png")).to_be_visible()
    page.keyboard.type("4u")
    expect(heading(page, "kidney-3.png")).to_be_visible()
    page.keyboard.type("nso so")
    page.keyboard.press("Escape")
    page.keyboard.type("tkidney")
    page.keyboard.press("Escape")
    page.keyboard.type("r")
    expect(heading(page, "kidney-4.png")).to_be_visible()
    page.keyboard.type("aaaaaa")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    said = [latest(desk, job) for job in jobs]
    assert [one["verdict"][0] for one in said] == list("aruraaaaaa")
    assert [one["reason"] for one in said] == ["", "", "nuclei-lost", *[""] * 7]
    assert [(one["note"], one["tissue"]) for one in said][2:5] == [
        ("", ""),
        ("so so", "kidney"),
        ("", ""),
    ]


def test_undo_goes_back_to_what_was_said_before(page: Page, desk: Unattended, folder: Path) -> None:
    first, second = results(desk, folder, 2)
    begin(page, desk)
    page.keyboard.type("ajk")  # accepted, passed over the second, back to it
    expect(heading(page, "kidney-1.png")).to_be_visible()
    page.keyboard.type("z")
    expect(heading(page, "kidney-0.png")).to_be_visible()
    expect(page.get_by_text("2 left")).to_be_visible()
    history = desk.services.reviews.history(first.id)
    assert [review.verdict for review in history] == [None, "accept"]
    assert desk.services.reviews.history(second.id) == []


def test_who_was_slower_is_told_and_overwrites_nothing(
    page: Page, desk: Unattended, folder: Path, faults: Faults
) -> None:
    faults.expect("409")
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    desk.services.reviews.add(job.id, Opinion(verdict="reject"), after=0, reviewer="Bob")
    page.keyboard.type("a")
    expect(page.get_by_role("alert")).to_contain_text("says 'reject' by now")
    expect(page.get_by_text("Rejected by Bob")).to_be_visible()
    assert latest(desk, job)["verdict"] == "reject"
    page.keyboard.type("a")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    assert latest(desk, job)["verdict"] == "accept"


def place(page: Page, y: float, x: float) -> tuple[float, float]:
    """Where on the screen a px of the result is, when nothing moves any more."""
    page.wait_for_function(RESTS)
    found: list[float] = page.evaluate(WHERE, [y, x])
    return found[0], found[1]


def draw_rectangle(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.keyboard.press("d")
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=3)
    page.mouse.up()


def test_regions_are_drawn_in_pixels_of_the_result(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (10, 20), (30, 50))
    page.keyboard.type("seams")  # into the label of what was drawn
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    for corner in ((40, 10), (40, 60), (55, 30)):
        page.mouse.click(*place(page, *corner))
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    rectangle, polygon = latest(desk, job)["regions"]
    shape = rectangle["shape"]
    found = [shape[name] for name in ("y", "x", "height", "width")]
    assert found == pytest.approx([10, 20, 20, 30], abs=0.5)
    assert rectangle["label"] == "seams"
    corners = [(point["y"], point["x"]) for point in polygon["shape"]["points"]]
    assert corners == [pytest.approx(corner, abs=0.5) for corner in ((40, 10), (40, 60), (55, 30))]
    page.goto(f"{desk.url}/jobs/{job.id}")
    expect(page.locator(".stage .region")).to_have_count(2)
    expect(page.get_by_role("region", name="Review")).to_contain_text("Rejected")


def test_close_up_a_region_is_exact_to_a_part_of_a_pixel(
    page: Page, desk: Unattended, folder: Path
) -> None:
    """In a result of fewer px than its input; it is found where it was drawn after zooming out."""
    before = noise(900, 1200, seed=1)
    file = io.BytesIO(png(before))
    submissions.submit(desk.services, file=file, filename="kidney-0.png", user="a", mpp=0.5)
    job = finish_with_pictures(
        desk.services, folder, before=before, after=noise(450, 600, seed=2), spacing_um=0.5
    )
    begin(page, desk)
    page.mouse.move(*place(page, 300, 400))
    for _ in range(9):
        page.mouse.wheel(0, -240)
    at_px = place(page, 301, 401), place(page, 300, 400)
    assert at_px[0][0] - at_px[1][0] > 4  # px of the screen for one of the result
    draw_rectangle(page, (301.5, 398.25), (304, 402))
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    y, x = 303, 400
    page.mouse.click(*place(page, y, x))
    expect(page.locator("#drawn li.marked")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    shape = latest(desk, job)["regions"][0]["shape"]
    found = [shape[name] for name in ("y", "x", "height", "width")]
    assert found == pytest.approx([301.5, 398.25, 2.5, 3.75], abs=0.3)


def test_both_panes_show_all_pixels_and_move_together(
    page: Page, desk: Unattended, folder: Path
) -> None:
    results(desk, folder, 2)
    begin(page, desk)
    page.wait_for_function(RESTS)
    whole = page.evaluate(BOUNDS)[0][2]
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(RESTS)
    first, second = page.evaluate(BOUNDS)
    assert first == pytest.approx(second, abs=0.005)  # a line stands between them
    assert first[2] == pytest.approx(whole / 1.5)
    page.keyboard.press("j")  # the next one is seen as a whole
    expect(heading(page, "kidney-1.png")).to_be_visible()
    page.wait_for_function(f"(whole) => Math.abs(({BOUNDS})()[0][2] / whole - 1) < 0.01", arg=whole)


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_the_review_page_shuts_nobody_out_on_any_screen(
    page: Page, desk: Unattended, folder: Path, width: int
) -> None:
    results(desk, folder, 1)
    page.set_viewport_size({"width": width, "height": 800})
    begin(page, desk)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
