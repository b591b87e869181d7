"""Sending from the home page survives: a reload, a pause, a killed service; folders go as one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.scope import EVERYBODYS
from tests.browser.faults import Faults, listen
from tests.browser.images import image_file
from tests.browser.unattended import Unattended, unattended
from tests.running import eventually

WENT_ON = re.compile(r"ent on at [1-9]|oes on at [1-9]")


@pytest.fixture
def visit(browser: Browser, faults: Faults) -> Iterator[Callable[[str], Page]]:
    """Opens the home page of a service in a browser of its own."""
    opened: list[BrowserContext] = []

    def visit(url: str) -> Page:
        context = browser.new_context(base_url=url)
        opened.append(context)
        page = listen(context.new_page(), faults)
        page.on("dialog", lambda dialog: dialog.accept())  # leaving while something is sent
        page.goto("/")
        return page

    yield visit
    for context in opened:
        context.close()


def throttle(page: Page, bytes_per_s: int) -> None:
    """Let the page send so many bytes in a second; -1 is as many as it can."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    link = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**link, "uploadThroughput": bytes_per_s})


def begin_sending(page: Page, file: Path) -> Locator:
    """Send a file over a slow network until some of it is there; what the page shows of it."""
    throttle(page, 500_000)
    page.locator("#files").set_input_files(file)
    row = page.locator(".file", has_text=file.name)
    expect(row).to_contain_text(re.compile(r"Sending: [2-8]\d %"))
    return row


def arrived(desk: Unattended) -> str:
    """The SHA-256 of the one image that became a job."""
    jobs = eventually(
        lambda: desk.services.queue.page(whose=EVERYBODYS, state=None, limit=9, cursor=None).jobs
    )
    assert len(jobs) == 1
    return jobs[0].input_sha256


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_after_a_reload_the_same_file_goes_on_where_it_was(
    visit: Callable[[str], Page], desk: Unattended, folder: Path
) -> None:
    page, file = visit(desk.url), image_file(folder, "reloaded.png", height=1200, width=1000)
    begin_sending(page, file)
    page.reload()
    page.locator("#files").set_input_files(file)
    row = page.locator(".file", has_text=file.name)
    expect(row).to_contain_text(WENT_ON)
    throttle(page, -1)
    expect(row).to_contain_text("next in the queue")
    assert arrived(desk) == digest(file)


def test_a_paused_file_stays_where_it_is_and_goes_on(
    visit: Callable[[str], Page], desk: Unattended, folder: Path
) -> None:
    page, file = visit(desk.url), image_file(folder, "paused.png", height=1200, width=1000)
    row = begin_sending(page, file)
    row.get_by_role("button", name="Pause:").click()
    expect(row).to_contain_text(re.compile(r"Paused at \d\d %"))
    expect(row.get_by_role("button", name="Go on:")).to_be_focused()
    page.wait_for_timeout(1500)
    kept = desk.services.transfers.used()
    page.wait_for_timeout(1500)
    assert desk.services.transfers.used() == kept > 0
    row.get_by_role("button", name="Go on:").click()
    expect(row).to_contain_text(WENT_ON)
    throttle(page, -1)
    expect(row).to_contain_text("next in the queue")
    assert arrived(desk) == digest(file)


def test_a_file_goes_on_by_itself_when_the_service_is_back(
    visit: Callable[[str], Page], folder: Path, faults: Faults
) -> None:
    faults.expect("Failed to load resource")
    file, data = image_file(folder, "killed.png", height=1200, width=1000), folder / "data"
    with unattended(data) as desk:
        page = visit(desk.url)
        row = begin_sending(page, file)
        eventually(lambda: desk.services.transfers.used() > 0)
        desk.kill()
        expect(row).to_contain_text("No connection. It goes on by itself")
    with unattended(data, port=urlsplit(desk.url).port) as desk:
        expect(row).to_contain_text(WENT_ON)
        throttle(page, -1)
        expect(row).to_contain_text("next in the queue")
        assert arrived(desk) == digest(file)


def test_a_cancelled_file_leaves_nothing_at_the_service(
    visit: Callable[[str], Page], desk: Unattended, folder: Path
) -> None:
    uploads = desk.services.settings.data_dir / "uploads"
    before = set(uploads.iterdir())
    page, file = visit(desk.url), image_file(folder, "regretted.png", height=1200, width=1000)
    row = begin_sending(page, file)
    assert len(set(uploads.iterdir()) - before) == 1
    row.get_by_role("button", name="Cancel:").click()
    expect(row).to_contain_text("Cancelled before it was sent")
    eventually(lambda: set(uploads.iterdir()) == before)


def test_a_folder_is_one_batch_without_what_is_no_image(
    visit: Callable[[str], Page], desk: Unattended, folder: Path
) -> None:
    page, slides = visit(desk.url), folder / "slides"
    (slides / "second row").mkdir(parents=True)
    for place in (slides, slides / "second row"):
        image_file(place, "a1.png")
        (place / "notes.txt").write_text("taken on Friday")
    page.locator("#folder").set_input_files(slides)
    line = page.locator(".batch-line")
    expect(line.locator(".name")).to_have_text("2 images sent")
    expect(line).to_contain_text("2 files in the folder skipped, no images")
    line.get_by_role("link", name="See all of them").click()
    expect(page).to_have_url(re.compile("/batches/"))
    expect(page.get_by_text("a1.png")).to_have_count(2)
