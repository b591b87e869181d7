"""Watching, cancelling, sharing and removing jobs in the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.faults import Faults, listen
from tests.browser.images import image_file, pixels_behind, wait_for_pictures
from tests.browser.unattended import Unattended, unattended
from tests.running import PATIENCE_S, Running, eventually, noise, png

LONG_MS = PATIENCE_S * 1000


def send(service: Running, name: str) -> str:
    """The id of a new job."""
    return service.submit(png(noise(97, 89, seed=len(name))), name=name)


def test_a_waiting_job_tells_its_place_and_moves_up(page: Page, desk: Unattended) -> None:
    jobs = [desk.send(name) for name in ("one.png", "two.png", "three.png")]
    page.goto(f"{desk.url}/jobs/{jobs[2].id}")
    status = page.locator("#status")
    expect(status).to_have_text("Waiting: place 3 in the queue")
    desk.services.queue.cancel(jobs[0].id)
    expect(status).to_have_text("Waiting: place 2 in the queue")
    desk.services.queue.cancel(jobs[1].id)
    expect(status).to_have_text("Waiting: next in the queue")


def test_a_running_job_says_how_far_it_is(page: Page, desk: Unattended) -> None:
    job = desk.send("counted.png")
    page.goto(f"{desk.url}/jobs/{job.id}")
    claim = desk.begin()
    expect(page.locator("#status")).to_have_text("Reading the image")
    desk.services.queue.progress(claim, 0.37)
    expect(page.locator("#status")).to_have_text("Translating: 37 %")
    expect(page).to_have_title("37 % · counted.png · Color Mapper")
    assert page.locator("#progress").evaluate("(bar) => bar.value") == 0.37


def test_an_answer_that_comes_late_does_not_take_the_page_back(
    page: Page, desk: Unattended
) -> None:
    job = desk.send("overtaken.png")
    held: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        held.append(lambda: route.fulfill(response=answer))

    page.route(f"**/api/v1/jobs/{job.id}", hold, times=1)
    page.goto(f"{desk.url}/jobs/{job.id}")
    eventually(lambda: page.evaluate("true") and held)
    desk.begin()
    status = page.locator("#status")
    expect(status).to_have_text("Reading the image")
    with page.expect_request_finished():
        held[0]()
    page.wait_for_timeout(300)
    expect(status).to_have_text("Reading the image")


def test_a_page_says_that_the_service_is_away_until_it_is_back(
    page: Page, folder: Path, faults: Faults
) -> None:
    faults.expect("ERR_")
    data, away = folder / "data", "The service does not answer; trying again"
    with unattended(data) as desk:
        job = desk.send("patient.png")
        page.goto(f"{desk.url}/jobs/{job.id}")
        expect(page.locator("#status")).to_have_text("Waiting: next in the queue")
        desk.kill()
        expect(page.locator("#left")).to_have_text(away)
    with unattended(data, port=urlsplit(desk.url).port) as desk:
        expect(page.locator("#left")).to_have_text("")
        desk.begin()
        expect(page.locator("#status")).to_have_text("Reading the image")


def test_a_page_that_was_left_open_shows_the_result(
    page: Page, desk: Unattended, folder: Path
) -> None:
    job = desk.send("awaited.png")
    page.goto(f"{desk.url}/jobs/{job.id}")
    expect(page.get_by_text("The result will appear here.")).to_be_visible()
    desk.finish_next(folder)
    expect(page.get_by_role("link", name="Download TIFF")).to_be_visible()
    expect(page).to_have_title("Done · awaited.png · Color Mapper")


def test_screen_readers_hear_states_and_quarters_only(page: Page, desk: Unattended) -> None:
    job = desk.send("heard.png")
    page.goto(f"{desk.url}/jobs/{job.id}")
    page.evaluate(
        """() => {
          window.heard = [];
          const spoken = document.getElementById("spoken");
          const hear = () => window.heard.push(spoken.textContent);
          new MutationObserver(hear).observe(spoken, { childList: true });
        }"""
    )
    claim = desk.begin()
    expect(page.locator("#status")).to_have_text("Reading the image")
    for done in (26, 27, 29, 51):
        desk.services.queue.progress(claim, (done + 0.5) / 100)
        expect(page.locator("#status")).to_have_text(f"Translating: {done} %")
    heard = page.evaluate("window.heard")
    assert heard[-2:] == ["25 percent done", "50 percent done"]
    assert len(heard) == len(set(heard))


def test_a_tile_of_the_list_follows_its_job_to_the_end(
    page: Page, desk: Unattended, folder: Path
) -> None:
    desk.send("followed.png")
    page.goto(f"{desk.url}/jobs")
    tile = page.locator("li", has_text="followed.png")
    expect(tile).to_contain_text("Waiting: next in the queue")
    desk.finish_next(folder)
    expect(tile.locator(".state")).to_have_text("Done")
    expect(tile.locator("img")).to_have_count(2)
    wait_for_pictures(page)


def test_more_jobs_than_streams_are_all_followed(
    page: Page, desk: Unattended, folder: Path
) -> None:
    for number in range(8):
        desk.send(f"{'many' * (number + 1)}.png")
    page.goto(f"{desk.url}/jobs")
    expect(page.locator("[data-job] .queued")).to_have_count(8)
    for _ in range(8):
        desk.finish_next(folder)
    expect(page.locator("[data-job] .done")).to_have_count(8, timeout=LONG_MS)


def test_a_waiting_job_is_cancelled_on_the_home_page(
    page: Page, folder: Path, desk: Unattended
) -> None:
    page.goto(desk.url)
    page.locator("#files").set_input_files(image_file(folder, "regretted.png"))
    row = page.locator(".file", has_text="regretted.png")
    expect(row).to_contain_text("in the queue")
    row.get_by_role("button", name="Cancel").click()
    expect(row.locator(".status")).to_have_text("Cancelled")


def test_a_running_job_is_cancelled_on_its_page(page: Page, desk: Unattended) -> None:
    job = desk.send("stopped.png")
    claim = desk.begin()
    desk.services.queue.progress(claim, 0.03)
    page.goto(f"{desk.url}/jobs/{job.id}")
    page.get_by_role("button", name="Cancel").click()
    assert desk.services.queue.heartbeat(claim)
    desk.services.queue.cancelled(claim)
    expect(page.get_by_text("The translation was cancelled")).to_be_visible()
    expect(page.get_by_role("link", name="send it again")).to_be_visible()


def test_a_failed_job_says_why_where_it_was_sent(
    page: Page, folder: Path, desk: Unattended
) -> None:
    page.goto(desk.url)
    page.locator("#files").set_input_files(image_file(folder, "hopeless.png"))
    row = page.locator(".file", has_text="hopeless.png")
    expect(row).to_contain_text("in the queue")
    why = "The pixels end too early; <b>copy</b> the file again."
    desk.services.queue.fail(desk.begin(), "corrupt_image", why)
    expect(row.locator(".status")).to_have_text(why)
    expect(row.get_by_role("link")).to_have_text("Details")


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


@pytest.mark.parametrize("gap", [" ", "_"])
def test_a_long_name_has_the_line_to_itself(
    page: Page, desk: Unattended, folder: Path, gap: str
) -> None:
    job = desk.send(gap.join(["kidney"] * 11) + ".png")
    desk.finish_next(folder)
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{desk.url}/jobs/{job.id}")
    name = page.get_by_role("heading", level=1).bounding_box()
    action = page.get_by_role("link", name="Download TIFF").bounding_box()
    assert name is not None
    assert action is not None
    assert name["height"] < 60
    assert action["y"] > name["y"] + name["height"]
