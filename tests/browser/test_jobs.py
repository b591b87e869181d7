"""Watching, cancelling, sharing and removing jobs in the browser."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, expect

from tests.browser.faults import Faults, listen
from tests.browser.images import image_file, pixels_behind
from tests.running import PATIENCE_S, Running, eventually, noise, png

LONG_MS = PATIENCE_S * 1000


def send(service: Running, name: str, *, side: int = 97) -> str:
    """The id of a new job."""
    return service.submit(png(np.full((side, side, 3), 80, np.uint8)), name=name)


def start(service: Running, worker: psutil.Process, name: str) -> str:
    """The id of a job that the worker has begun and will not soon have done."""
    job = send(service, name, side=1500)
    worker.resume()
    eventually(lambda: service.job(job)["tiles_done"] or None)
    worker.suspend()
    assert service.job(job)["state"] == "running"
    return job


def test_a_waiting_job_tells_its_place(
    page: Page, service: Running, resting_worker: psutil.Process
) -> None:
    jobs = [send(service, name) for name in ("one.png", "two.png", "three.png")]
    page.goto(f"/jobs/{jobs[2]}")
    expect(page.locator("#status")).to_have_text("Waiting: place 3 in the queue")


def test_a_running_job_counts_its_patches(
    page: Page, service: Running, resting_worker: psutil.Process
) -> None:
    job = start(service, resting_worker, "counted.png")
    page.goto(f"/jobs/{job}")
    expect(page.locator("#status")).to_have_text(re.compile(r"Patch [1-9]\d* of 2209"))
    expect(page).to_have_title(re.compile(r"^\d+ % · counted\.png"))
    shown = page.locator("#status").text_content()
    resting_worker.resume()
    expect(page.locator("#status")).not_to_have_text(shown or "")
    page.get_by_role("link", name="Download TIFF").wait_for(timeout=LONG_MS)
    expect(page).to_have_title("Done · counted.png · Color Mapper")


def test_a_tile_of_the_list_follows_its_job_to_the_end(
    page: Page, service: Running, resting_worker: psutil.Process
) -> None:
    send(service, "followed.png")
    page.goto("/jobs")
    tile = page.locator("li", has_text="followed.png")
    expect(tile).to_contain_text("Waiting")
    resting_worker.resume()
    expect(tile.locator(".state")).to_have_text("Done", timeout=LONG_MS)
    expect(tile.locator("img")).to_have_count(2)


def test_a_waiting_job_is_cancelled_on_the_home_page(
    page: Page, folder: Path, resting_worker: psutil.Process
) -> None:
    page.goto("/")
    page.locator("#files").set_input_files(image_file(folder, "regretted.png"))
    row = page.locator(".file", has_text="regretted.png")
    expect(row).to_contain_text("in the queue")
    row.get_by_role("button", name="Cancel").click()
    expect(row.locator(".status")).to_have_text("Cancelled")


def test_a_running_job_is_cancelled_on_its_page(
    page: Page, service: Running, resting_worker: psutil.Process
) -> None:
    job = start(service, resting_worker, "stopped.png")
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Cancel").click()
    resting_worker.resume()
    expect(page.get_by_text("The translation was cancelled")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("link", name="send it again")).to_be_visible()
    assert service.job(job)["state"] == "cancelled"


def test_a_deleted_job_leaves_nothing_behind(page: Page, service: Running, faults: Faults) -> None:
    faults.expect("404")
    job = send(service, "unwanted.png")
    links = service.finish(job)["links"]
    page.goto(f"/jobs/{job}")
    page.get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete “unwanted.png”?")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status")).to_contain_text("unwanted.png and its files were deleted")
    expect(page.locator("li[data-job]", has_text="unwanted.png")).to_have_count(0)
    for link in (links["result"], links["input"], f"/jobs/{job}"):
        assert page.request.get(link).status == 404


def test_deleting_is_asked_first_and_can_be_declined(page: Page, service: Running) -> None:
    job = send(service, "spared.png")
    service.finish(job)
    page.goto(f"/jobs/{job}")
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("spared.png")


def test_the_copied_link_opens_the_result(page: Page, service: Running) -> None:
    pixels = noise(41, 43, seed=5)
    job = service.submit(png(pixels), name="shared.png", model="identity")
    service.finish(job)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Copy the link: Result").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert (pixels_behind(page, link) == pixels).all()


def test_times_are_those_of_the_reader(browser: Browser, service: Running, faults: Faults) -> None:
    job = send(service, "timed.png")
    moment = datetime.fromisoformat(service.finish(job)["created"])
    context = browser.new_context(base_url=service.url, timezone_id="Asia/Tokyo", locale="de-DE")
    page = listen(context.new_page(), faults)
    page.goto(f"/jobs/{job}")
    there = moment.astimezone(ZoneInfo("Asia/Tokyo"))
    expect(page.locator(".jobhead time")).to_have_text(f"{there:%d.%m.%Y, %H:%M}")
    context.close()


def test_an_unknown_job_is_a_page_that_helps(page: Page, faults: Faults) -> None:
    faults.expect("404")
    answer = page.goto("/jobs/nobody")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("link", name="See earlier images")).to_be_visible()


def test_a_wide_and_a_tiny_image_fit_on_the_page(page: Page, service: Running) -> None:
    for height, width in ((1, 1), (3, 900), (900, 2)):
        job = service.submit(png(noise(height, width, seed=1)), name="odd.png")
        service.finish(job)
        page.goto(f"/jobs/{job}")
        boxes = [one.bounding_box() for one in page.locator(".compare img").all()]
        assert len(boxes) == 2
        assert all(box and box["width"] >= 1 and box["height"] <= 1000 for box in boxes)
