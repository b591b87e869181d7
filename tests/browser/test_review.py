"""Going through results with the keyboard, as a reviewer does."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from app.review import Opinion
from tests.browser.faults import Faults
from tests.browser.reviewing import (
    BOUNDS,
    RESTS,
    begin,
    draw_rectangle,
    heading,
    latest,
    results,
    say_reject,
)
from tests.browser.unattended import Unattended

pytestmark = pytest.mark.usefixtures("late_tiles")


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


def test_a_result_that_was_gone_past_before_it_was_there_is_whole_when_it_is_gone_back_to(
    page: Page, desk: Unattended, folder: Path
) -> None:
    results(desk, folder, 2)
    begin(page, desk)
    page.wait_for_function(RESTS)
    usual = page.evaluate(BOUNDS)
    page.evaluate("""() => {
      const press = () => new KeyboardEvent("keydown", { key: "j", bubbles: true });
      for (const _ of "jj") document.body.dispatchEvent(press());
    }""")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    page.keyboard.press("k")
    expect(heading(page, "kidney-1.png")).to_be_visible()
    page.wait_for_function(f"(usual) => String(({BOUNDS})()) === String(usual)", arg=usual)


def test_an_undone_verdict_leaves_words_and_drawings_on_the_page(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (20, 20), (40, 40))
    page.keyboard.type("seams")
    page.keyboard.press("Escape")
    page.keyboard.type("4a")  # the wrong key
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    page.keyboard.type("z")
    expect(heading(page, "kidney-0.png")).to_be_visible()
    assert latest(desk, job)["regions"] == []
    page.keyboard.type("r")
    expect(page.get_by_text("Nothing left to review")).to_be_visible()
    said = latest(desk, job)
    assert (said["verdict"], said["reason"]) == ("reject", "nuclei-lost")
    assert [region["label"] for region in said["regions"]] == ["seams"]


def test_what_was_not_saved_is_there_when_the_page_is_loaded_again(
    page: Page, desk: Unattended, folder: Path
) -> None:
    (job,) = results(desk, folder, 1)
    begin(page, desk)
    draw_rectangle(page, (20, 20), (40, 40))
    page.keyboard.type("seams")
    page.get_by_label("Note").fill("so so")
    page.reload()
    expect(page.get_by_label("Label of region 1")).to_have_value("seams")
    expect(page.get_by_label("Note")).to_have_value("so so")
    expect(page.locator("#regions .region")).to_have_count(1)
    say_reject(page)
    page.reload()
    assert latest(desk, job)["note"] == "so so"
    assert page.evaluate("Object.keys(JSON.parse(sessionStorage['review drafts ']))") == []


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
    draw_rectangle(page, (20, 20), (40, 40))  # with its handles and its words
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
