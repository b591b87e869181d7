"""Regions drawn, chosen and changed on the review page: by mouse, by finger, by keyboard."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app import submissions
from tests.app.pyramids import finish_with_pictures
from tests.browser.faults import Faults, listen
from tests.browser.reviewing import (
    RESTS,
    begin,
    box,
    corners,
    drag,
    draw_rectangle,
    latest,
    place,
    results,
    say_reject,
)
from tests.browser.swipes import swipe
from tests.browser.unattended import Unattended
from tests.running import eventually, noise, png

pytestmark = pytest.mark.usefixtures("late_tiles")

FOCUSED = "document.activeElement.getAttribute('aria-label')"


def near(*points: tuple[float, float]) -> list[Any]:
    """These points, as exact as a hand on a mouse is."""
    return [pytest.approx(point, abs=0.5) for point in points]


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
    say_reject(page)
    rectangle, polygon = latest(desk, job)["regions"]
    assert box(rectangle["shape"]) == pytest.approx([10, 20, 20, 30], abs=0.5)
    assert rectangle["label"] == "seams"
    assert corners(polygon["shape"]) == near((40, 10), (40, 60), (55, 30))
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

    def come_closer() -> bool:
        page.mouse.wheel(0, -240)
        return place(page, 300, 401)[0] - place(page, 300, 400)[0] > 4  # px of the screen for one

    eventually(come_closer)  # turns that follow each other too fast are passed over
    draw_rectangle(page, (301.5, 398.25), (304, 402))
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    y, x = 303, 400
    page.mouse.click(*place(page, y, x))
    expect(page.locator("#drawn li.marked")).to_have_count(1)
    say_reject(page)
    shape = latest(desk, job)["regions"][0]["shape"]
    assert box(shape) == pytest.approx([301.5, 398.25, 2.5, 3.75], abs=0.3)


def test_a_region_is_moved_as_a_whole_and_reshaped_by_its_corners(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (10, 20), (30, 50))
    drag(page, (20, 30), (25, 32))
    drag(page, (35, 52), (45, 40))  # its lower right corner
    drag(page, (20, 30), (0, 0))  # no further than the result goes
    say_reject(page)
    (region,) = latest(desk, job)["regions"]
    assert box(region["shape"]) == pytest.approx([0, 0, 30, 18], abs=0.5)


def test_a_saved_region_is_found_again_and_changed(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (10, 20), (30, 50))
    page.keyboard.type("seams")
    say_reject(page)
    (before,) = latest(desk, job)["regions"]
    begin(page, desk, "?state=rejected")
    page.mouse.click(*place(page, 20, 30))
    drag(page, (10, 20), (5, 15))
    page.keyboard.press("r")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    (after,) = latest(desk, job)["regions"]
    assert (after["id"], after["label"]) == (before["id"], "seams")
    assert box(after["shape"]) == pytest.approx([5, 15, 25, 35], abs=0.5)


def test_a_polygon_gets_and_loses_corners(page: Page, desk: Unattended, folder: Path) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    page.keyboard.press("p")
    for corner in ((20, 10), (20, 50), (50, 30)):
        page.mouse.click(*place(page, *corner))
    page.mouse.click(*place(page, 20, 10))  # its first corner ends it
    drag(page, (20, 30), (5, 30))  # the middle of its first side
    page.mouse.click(*place(page, 50, 30))
    page.keyboard.press("Backspace")
    say_reject(page)
    (region,) = latest(desk, job)["regions"]
    assert corners(region["shape"]) == near((20, 10), (5, 30), (20, 50))


def test_regions_are_drawn_and_changed_by_the_keyboard_alone(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    scale = place(page, 0, 1)[0] - place(page, 0, 0)[0]
    page.get_by_role("button", name="Rectangle").press("Enter")
    press(page, "ArrowLeft", "Enter", *["ArrowDown"] * 3, *["ArrowRight"] * 5, "Shift+ArrowRight")
    press(page, "Enter", "Escape")  # drawn, and from its label to itself
    assert page.evaluate(FOCUSED) == "region 1"
    press(page, "ArrowRight", "Tab", "ArrowUp")
    assert page.evaluate(FOCUSED) == "Corner 1 of region 1"
    say_reject(page)
    (region,) = latest(desk, job)["regions"]
    expected = [30.5 - 10 / scale, 33.5, 40 / scale, 51 / scale]
    assert box(region["shape"]) == pytest.approx(expected, abs=0.1)


def test_a_polygon_of_the_keyboard_ends_where_enter_is_pressed_twice(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    place(page, 0, 0)
    press(page, "p", "ArrowUp", "Enter", *["ArrowLeft"] * 6, "Enter", "ArrowUp", "Enter")
    press(page, "Backspace", *["ArrowDown"] * 6, "Enter", "Enter")
    say_reject(page)
    (region,) = latest(desk, job)["regions"]
    assert len(corners(region["shape"])) == 3


def test_the_picture_follows_the_cross(page: Page, desk: Unattended, folder: Path) -> None:
    results(desk, folder, 1)
    begin(page, desk)
    place(page, 0, 0)
    press(page, "+", "+", "+")
    place(page, 0, 0)
    press(page, "d", *["ArrowUp"] * 99)
    x, y = place(page, 0, 33)  # the edge that the cross has come to
    pane = page.locator("#second").bounding_box()
    assert pane
    assert pane["y"] <= y < pane["y"] + pane["height"]
    assert pane["x"] < x < pane["x"] + pane["width"]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_changes_of_regions_are_undone_one_by_one_and_words_stay(
    page: Page, desk: Unattended, folder: Path
) -> None:
    results(desk, folder, 1)
    begin(page, desk)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    draw_rectangle(page, (10, 20), (30, 50))
    drag(page, (20, 30), (25, 32))
    page.get_by_label("Label of region 1").fill("seams")
    page.get_by_role("button", name="Remove region 1").click()
    expect(page.locator("#regions .region")).to_have_count(0)
    undo.click()
    expect(page.get_by_label("Label of region 1")).to_have_value("seams")
    outline = page.locator("#regions .region")
    there = outline.get_attribute("points")
    page.keyboard.press("Control+z")
    expect(outline).not_to_have_attribute("points", there or "")
    expect(page.get_by_label("Label of region 1")).to_have_value("seams")
    page.keyboard.press("z")
    expect(outline).to_have_count(0)
    expect(undo).to_be_disabled()


def test_the_picture_is_zoomed_while_a_polygon_is_drawn(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    page.keyboard.press("p")
    page.mouse.click(*place(page, 30, 30))
    page.mouse.click(*place(page, 30, 40))
    page.mouse.wheel(0, -240)
    page.keyboard.press("+")
    page.mouse.click(*place(page, 38, 35))
    page.keyboard.press("Enter")
    say_reject(page)
    (region,) = latest(desk, job)["regions"]
    assert corners(region["shape"]) == near((30, 30), (30, 40), (38, 35))


def test_a_region_that_lies_below_another_is_chosen_by_the_next_click(
    page: Page, desk: Unattended, folder: Path
) -> None:
    results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (20, 20), (30, 30))
    page.keyboard.press("Escape")
    draw_rectangle(page, (10, 10), (50, 50))
    page.keyboard.press("Escape")
    for name in ("region 1", "region 2"):
        page.mouse.click(*place(page, 25, 25))
        expect(page.locator(":focus")).to_have_attribute("aria-label", name)


def test_on_a_phone_a_finger_draws_moves_and_reshapes(
    browser: Browser, desk: Unattended, folder: Path, faults: Faults
) -> None:
    (job,) = results(desk, folder, 1)
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = listen(phone.new_page(), faults)
    begin(page, desk)
    page.wait_for_function(RESTS)
    page.get_by_role("button", name="Rectangle").tap()
    for start, end in (
        ((10, 20), (30, 50)),  # drawn
        ((20, 30), (40, 30)),  # moved
        ((50, 50), (55, 60)),  # its lower right corner
    ):
        page.locator("#second").scroll_into_view_if_needed()
        swipe(page, place(page, *start), place(page, *end))
    page.get_by_role("button", name="Reject").tap()
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    (region,) = latest(desk, job)["regions"]
    assert box(region["shape"]) == pytest.approx([30, 20, 25, 40], abs=1)
    phone.close()
