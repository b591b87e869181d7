"""Results on their way to a bucket, as people see it: away, back, refused, and stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.faults import Faults
from tests.browser.images import image_file, pixels_behind, wait_for_pictures
from tests.browser.unattended import Unattended
from tests.bucket import Bucket, bucket_server
from tests.running import PATIENCE_S, Running, eventually, noise, png

LONG_MS = PATIENCE_S * 1000
WIDTHS = (390, 1280)


@pytest.fixture(scope="session")
def buckets() -> Iterator[Bucket]:
    with bucket_server() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def cloud_service(tmp_path_factory: pytest.TempPathFactory, buckets: Bucket) -> Iterator[Running]:
    """A service whose results go to a bucket that everybody may read."""
    buckets.create("results", public=True)
    running = Running(
        tmp_path_factory.mktemp("cloud") / "data",
        environ=buckets.environ,
        store="gcs",
        bucket="results",
        links="public",
    )
    yield running
    buckets.is_away = False
    running.stop()


@pytest.fixture
def cloud(cloud_service: Running, buckets: Bucket) -> Iterator[Running]:
    """The service, whose bucket is well at the beginning."""
    yield cloud_service
    buckets.is_away = False
    buckets.denied.clear()


def test_a_result_is_seen_while_the_bucket_is_away_and_its_link_appears_by_itself(
    page: Page, cloud: Running, buckets: Bucket
) -> None:
    pixels = noise(61, 67, seed=1)
    buckets.is_away = True
    job = cloud.submit(png(pixels), name="patient.png")
    page.goto(f"{cloud.url}/jobs/{job}")
    expect(page.locator(".compare img")).to_have_count(2, timeout=LONG_MS)
    expect(page.locator("#status")).to_have_text("Storing the result")
    wait_for_pictures(page)
    kept = page.get_by_label("Result", exact=True).input_value()
    assert (pixels_behind(page, kept) == pixels).all()
    expect(page.locator("#hold-up")).to_contain_text("Not stored after", timeout=LONG_MS)
    expect(page.locator("#left")).to_contain_text("Trying again at")
    buckets.is_away = False
    expect(page).to_have_title("Done · patient.png · Color Mapper", timeout=LONG_MS)
    link = page.get_by_label("Result", exact=True).input_value()
    assert link.startswith(buckets.url)
    assert (pixels_behind(page, link) == pixels).all()
    assert (pixels_behind(page, kept) == pixels).all()


def test_a_bucket_that_refuses_says_why_on_a_page_that_shuts_nobody_out(
    page: Page, cloud: Running, buckets: Bucket
) -> None:
    buckets.denied.add("storage.objects.create")
    job = cloud.submit(png(noise(61, 67, seed=2)), name="refused.png")
    page.goto(f"{cloud.url}/jobs/{job}")
    expect(page.locator("#hold-up")).to_contain_text("roles/", timeout=LONG_MS)
    assert Axe().run(page).violations_count == 0
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_row_offers_its_result_before_it_is_stored(
    page: Page, cloud: Running, buckets: Bucket, folder: Path
) -> None:
    buckets.denied.add("storage.objects.create")
    page.goto(cloud.url)
    page.locator("#files").set_input_files(image_file(folder, "early.png"))
    row = page.locator(".file", has_text="early.png")
    expect(row.get_by_role("link", name="Open result")).to_be_visible(timeout=LONG_MS)
    expect(row.locator("img[src*='/pictures/']")).to_have_count(2)
    expect(row.locator(".status")).to_contain_text("Not stored after", timeout=LONG_MS)


def test_a_published_result_is_saved_under_its_name_and_pictures_are_shown(
    page: Page, cloud: Running, buckets: Bucket, faults: Faults
) -> None:
    faults.expect("403")  # the browser asks the bucket for an icon
    job = cloud.submit(png(noise(61, 67, seed=3)), name="Niere ü.png")
    cloud.finish(job)
    page.goto(f"{cloud.url}/jobs/{job}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download TIFF").click()
    assert saved.value.url.startswith(buckets.url)
    assert saved.value.suggested_filename == "Niere ü-he.tif"
    page.get_by_role("link", name="Open: Result, PNG").click()
    page.wait_for_url(f"{buckets.url}/**")
    assert page.evaluate("document.images[0].naturalWidth") == 67
    page.go_back()
    page.get_by_role("link", name="Open: Record").click()
    page.wait_for_url(f"{buckets.url}/**")
    assert "files" in json.loads(page.locator("body").inner_text())


def test_files_that_cannot_be_removed_yet_are_told_of_until_they_are(
    page: Page, cloud: Running, buckets: Bucket
) -> None:
    job = cloud.submit(png(noise(61, 67, seed=4)), name="clinging.png")
    token = cloud.finish(job)["links"]["result"].split("/")[-2]
    assert any(token in key for key in buckets.objects())
    buckets.denied.add("storage.objects.delete")
    page.goto(f"{cloud.url}/jobs/{job}/delete")
    page.get_by_role("button", name="Delete for good").click()
    notice = page.locator("#remaining")
    expect(notice).to_contain_text("clinging.png: ")
    assert Axe().run(page).violations_count == 0
    buckets.denied.clear()

    def is_gone() -> bool:
        page.reload()
        return notice.count() == 0

    assert eventually(is_gone)
    assert not any(token in key for key in buckets.objects())


def test_a_tile_shows_its_result_while_it_waits_to_be_stored(
    page: Page, desk: Unattended, folder: Path
) -> None:
    desk.send("staged.png")
    page.goto(f"{desk.url}/jobs")
    tile = page.locator("li", has_text="staged.png")
    expect(tile).to_contain_text("Waiting: next in the queue")
    desk.hand_over_next(folder)
    expect(tile.locator(".state")).to_have_text("Storing")
    expect(tile.locator("img")).to_have_count(2)


def test_screen_readers_hear_what_holds_a_result_up_once(
    page: Page, desk: Unattended, folder: Path
) -> None:
    job = desk.send("held.png")
    desk.hand_over_next(folder)
    page.goto(f"{desk.url}/jobs/{job.id}")
    page.evaluate(
        """() => {
          window.heard = [];
          const spoken = document.getElementById("spoken");
          const hear = () => window.heard.push(spoken.textContent);
          new MutationObserver(hear).observe(spoken, { childList: true });
        }"""
    )
    for tries in (1, 2):
        desk.put_off("the bucket does not answer")
        expect(page.locator("#hold-up")).to_contain_text(f"after {tries} attempt")
    assert page.evaluate("window.heard").count("The bucket does not answer.") == 1
