"""The page of images that were sent together, in the browser."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from app.job import Job
from tests.browser.faults import Faults
from tests.browser.unattended import Unattended


def send(desk: Unattended, *names: str) -> list[Job]:
    return [desk.send(name, batch="monday") for name in names]


def open_batch(page: Page, desk: Unattended, job: Job) -> None:
    page.goto(f"{desk.url}/batches/{job.batch_id}")


def test_a_batch_that_was_left_open_follows_its_images_with_one_question_for_all(
    page: Page, desk: Unattended, folder: Path
) -> None:
    jobs = send(desk, "one.png", "two.png", "three.png")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_batch(page, desk, jobs[0])
    expect(page.locator("#line")).to_have_text("0 of 3 done · 3 waiting")
    expect(page.get_by_role("link", name="Download results")).to_be_hidden()
    desk.finish_next(folder)
    desk.services.queue.fail(desk.begin(), "corrupt_image", "the file is cut short")
    claim = desk.begin()
    desk.services.queue.progress(claim, 0.5)
    expect(page.locator("#line")).to_have_text("1 of 3 done · 1 failed · 1 running")
    tiles = page.locator("#images > li")
    expect(tiles.nth(0).locator("img")).to_have_count(2)
    expect(tiles.nth(1)).to_contain_text("The file is cut short.")
    expect(tiles.nth(2)).to_contain_text("Translating: 50 %")
    expect(page.get_by_text("Not every image could be translated")).to_be_visible()
    assert page.locator("#progress").evaluate("(bar) => bar.value") == 2.5 / 3
    about_jobs = [url for url in asked if "/api/v1/jobs" in url or url.endswith("/events")]
    assert about_jobs == []
    desk.services.queue.cancel(claim.job.id)
    desk.services.queue.cancelled(claim)
    expect(page.locator("#line")).to_have_text("1 of 3 done · 1 failed · 1 cancelled")
    expect(page.get_by_text("You can close this page")).to_be_hidden()


def test_an_image_that_is_sent_later_and_one_that_is_deleted_show_without_a_reload(
    page: Page, desk: Unattended
) -> None:
    jobs = send(desk, "one.png", "two.png")
    open_batch(page, desk, jobs[0])
    page.evaluate("window.stayed = true")
    send(desk, "late.png")
    desk.services.queue.delete(jobs[1].id)
    expect(page.locator("#images > li a")).to_have_text(["one.png", "late.png"])
    expect(page.locator("h1")).to_have_text("2 images sent together")
    assert "UTC" not in page.locator("#images time").last.inner_text()
    assert page.evaluate("window.stayed")


def test_all_results_are_saved_at_once(page: Page, desk: Unattended, folder: Path) -> None:
    jobs = send(desk, "one.png", "two.png")
    for _ in jobs:
        desk.finish_next(folder)
    open_batch(page, desk, jobs[0])
    expect(page.locator("#line")).to_have_text("All 2 done")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download results").click()
    with zipfile.ZipFile(io.BytesIO(saved.value.path().read_bytes())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["one-he.tif", "two-he.tif", "images.csv"]


def test_an_images_page_leads_to_what_it_was_sent_with(page: Page, desk: Unattended) -> None:
    jobs = send(desk, "one.png", "two.png")
    alone = desk.send("alone.png", batch="alone")
    page.goto(f"{desk.url}/jobs/{jobs[1].id}")
    page.get_by_role("link", name="2 images sent together").click()
    expect(page.locator("h1")).to_have_text("2 images sent together")
    page.goto(f"{desk.url}/jobs/{alone.id}")
    expect(page.get_by_role("link", name="sent together")).to_have_count(0)


def test_a_batch_that_is_gone_says_what_to_do(page: Page, desk: Unattended, faults: Faults) -> None:
    faults.expect("404")
    job = send(desk, "one.png")[0]
    open_batch(page, desk, job)
    desk.services.queue.delete(job.id)
    expect(page.get_by_text("There is no such batch")).to_be_visible()
    expect(page.get_by_role("link", name="See earlier images")).to_be_visible()


def test_the_page_of_a_batch_shuts_nobody_out_and_fits_on_a_phone(
    page: Page, desk: Unattended, folder: Path
) -> None:
    long = "kidney_2026-11-20_slide-17_region-003_a-name-as-long-as-microscopes-make-them.png"
    jobs = send(desk, long, "failed.png", "waiting.png")
    desk.finish_next(folder)
    why = "gs://a-bucket-with-a-name-that-is-as-long-as-a-name-of-a-bucket-can-ever-be is away"
    desk.services.queue.fail(desk.begin(), "x", why)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_batch(page, desk, jobs[0])
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
