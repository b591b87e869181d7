"""What a reviewer has before them, and does with it, in the tests of the review page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from app.job import Job
from app.reviews import ReviewLog
from tests.app.pyramids import finish_with_pictures
from tests.browser.unattended import Unattended
from tests.running import noise

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
    # A page that still glides to what has the focus moves places away from under the mouse.
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{desk.url}/review{query}")
    expect(page.get_by_role("heading", name="kidney-0.png")).to_be_visible()


def latest(desk: Unattended, job: Job) -> dict[str, Any]:
    """What counts of what was said of a job."""
    log: ReviewLog = desk.services.reviews
    return log.history(job.id)[0].stored()


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name)


def place(page: Page, y: float, x: float) -> tuple[float, float]:
    """Where on the screen a px of the result is, when nothing moves any more."""
    page.wait_for_function(RESTS)
    found: list[float] = page.evaluate(WHERE, [y, x])
    return found[0], found[1]


def draw_rectangle(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.keyboard.press("d")
    drag(page, start, end)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=3)
    page.mouse.up()


def say_reject(page: Page) -> None:
    """Save the last result under this verdict."""
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()


def box(shape: dict[str, Any]) -> list[float]:
    """Upper edge, left edge, height and width of a rectangle."""
    return [shape[name] for name in ("y", "x", "height", "width")]


def corners(shape: dict[str, Any]) -> list[tuple[float, float]]:
    """(y, x) of the corners of a polygon."""
    return [(point["y"], point["x"]) for point in shape["points"]]
