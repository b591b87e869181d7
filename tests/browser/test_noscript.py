"""The whole way without JavaScript."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.faults import Faults
from tests.browser.images import image_file, size_behind
from tests.browser.unattended import Unattended
from tests.running import PATIENCE_S, Running

LONG_MS = PATIENCE_S * 1000


def test_an_image_is_sent_watched_and_fetched(plain_page: Page, folder: Path) -> None:
    plain_page.goto("/")
    plain_page.locator("#files").set_input_files(image_file(folder, "plain.png", height=51))
    plain_page.get_by_role("button", name="Translate the chosen images").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("plain.png")
    # The page refreshes itself until the job has ended.
    link = plain_page.get_by_role("link", name="Download: Result, TIFF")
    link.wait_for(timeout=LONG_MS)
    assert size_behind(plain_page, link.get_attribute("href") or "") == (51, 131)


def test_several_images_lead_to_the_page_of_them_all(plain_page: Page, folder: Path) -> None:
    plain_page.goto("/")
    files = [image_file(folder, name) for name in ("plain-a.png", "plain-b.png")]
    plain_page.locator("#files").set_input_files(files)
    plain_page.get_by_role("button", name="Translate the chosen images").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("2 images sent together")
    # The page refreshes itself until all have ended.
    plain_page.get_by_text("All 2 done").wait_for(timeout=LONG_MS)
    for file in files:
        expect(plain_page.get_by_role("link", name=file.name)).to_be_visible()


def test_each_file_that_is_not_taken_is_named(plain_page: Page, folder: Path) -> None:
    (folder / "words.png").write_bytes(b"these are words")
    files = [image_file(folder, "taken.png"), folder / "words.png"]
    plain_page.goto("/")
    plain_page.locator("#files").set_input_files(files)
    plain_page.get_by_role("button", name="Translate the chosen images").click()
    expect(plain_page.get_by_role("alert")).to_contain_text("words.png")
    expect(plain_page.get_by_role("link", name="taken.png")).to_be_visible()


def test_a_single_wrong_file_brings_back_the_form(
    plain_page: Page, folder: Path, faults: Faults
) -> None:
    faults.expect("415")
    (folder / "words.png").write_bytes(b"these are words")
    plain_page.goto("/")
    plain_page.locator("#files").set_input_files(folder / "words.png")
    with plain_page.expect_response("**/jobs") as answer:
        plain_page.get_by_role("button", name="Translate the chosen images").click()
    assert answer.value.status == 415
    expect(plain_page.get_by_role("alert")).to_contain_text("words.png")
    expect(plain_page.locator("#files")).to_be_visible()


def test_the_sample_and_cancelling_work(plain_page: Page, desk: Unattended) -> None:
    plain_page.goto(desk.url)
    plain_page.get_by_role("button", name="Try it with a sample").click()
    plain_page.get_by_role("button", name="Cancel").click()
    expect(plain_page.get_by_text("The translation was cancelled")).to_be_visible()


def test_deleting_is_asked_first(plain_page: Page, desk: Unattended) -> None:
    job = desk.send("unwanted.png")
    plain_page.goto(f"{desk.url}/jobs/{job.id}")
    plain_page.get_by_role("link", name="Delete…").click()
    plain_page.get_by_role("button", name="Delete for good").click()
    expect(plain_page.get_by_text("unwanted.png and its files were deleted")).to_be_visible()
    expect(plain_page.get_by_role("heading", name="No images yet")).to_be_visible()


def test_times_say_that_they_are_utc(plain_page: Page, service: Running, folder: Path) -> None:
    service.submit(image_file(folder, "utc.png").read_bytes(), name="utc.png")
    plain_page.goto("/jobs")
    expect(plain_page.locator("time").first).to_contain_text("UTC")


def test_nothing_is_offered_that_needs_scripts(plain_page: Page) -> None:
    plain_page.goto("/")
    expect(plain_page.get_by_text("Drop images or folders here")).to_be_hidden()
