"""Sending images from the home page: by drop, by chooser, by keyboard, over a poor network."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.faults import Faults
from tests.browser.images import image_file, size_behind, wait_for_pictures
from tests.running import PATIENCE_S

LONG_MS = PATIENCE_S * 1000
DROP = """
([target, files]) => {
  const carried = new DataTransfer();
  for (const [name, type, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const options = { bubbles: true, cancelable: true, dataTransfer: carried };
    target.dispatchEvent(new DragEvent(kind, options));
  }
}
"""


def drop(page: Page, *paths: Path) -> None:
    """Drag files onto the drop area and let them go."""
    content = [[p.name, "image/png", base64.b64encode(p.read_bytes()).decode()] for p in paths]
    page.evaluate(DROP, [page.locator("#drop").element_handle(), content])


def let_go(page: Page, path: Path) -> None:
    """Drag a file or folder of this machine onto the drop area with the mouse, and let it go.

    Unlike what a script can put together, the browser itself makes this drop, with its folders.
    """
    area = page.locator("#drop").bounding_box()
    assert area is not None
    carried = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    where = {"x": area["x"] + 20, "y": area["y"] + 20, "data": carried}
    mouse = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, **where})


def choose(page: Page, *paths: Path) -> None:
    """Pick files with the file chooser."""
    with page.expect_file_chooser() as opened:
        page.get_by_text("Choose images").click()
    opened.value.set_files(list(paths))


def row(page: Page, name: str) -> Locator:
    """What the page shows of a sent file."""
    return page.locator(".file", has_text=name)


def open_result(page: Page, name: str) -> None:
    """Wait for a file's result, and open it."""
    link = row(page, name).get_by_role("link", name="Open result")
    link.click(timeout=LONG_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_dropped_image_comes_back_translated_and_as_large(page: Page, folder: Path) -> None:
    page.goto("/")
    drop(page, image_file(folder, "dropped.png", height=211, width=307))
    open_result(page, "dropped.png")
    link = page.get_by_role("link", name="Download: Result, TIFF").get_attribute("href")
    assert link is not None
    assert size_behind(page, link) == (211, 307)


def test_input_and_result_are_shown_side_by_side(page: Page, folder: Path) -> None:
    page.goto("/")
    drop(page, image_file(folder, "both.png"))
    open_result(page, "both.png")
    pictures = page.locator(".compare img")
    expect(pictures).to_have_count(2)
    wait_for_pictures(page)
    boxes = [pictures.nth(index).bounding_box() for index in (0, 1)]
    assert all(box is not None and box["width"] > 300 for box in boxes)
    assert boxes[0]["y"] == boxes[1]["y"]  # type: ignore[index]


def test_a_folder_that_is_dropped_is_sent_with_those_inside_it_and_only_its_images(
    page: Page, folder: Path
) -> None:
    slide = folder / "slide"
    (slide / "deep" / "deeper").mkdir(parents=True)
    names = ("one.png", "deep/two.png", "deep/deeper/three.png")
    for name in names:
        image_file(slide, name)
    (slide / "notes.txt").write_text("these are words")
    page.goto("/")
    let_go(page, slide)
    for name in names:
        link = row(page, Path(name).name).get_by_role("link", name="Open result")
        expect(link).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".file")).to_have_count(3)
    expect(page.locator(".batch-line")).to_contain_text("1 file in the folder skipped, no images")


def test_a_file_that_is_chosen_before_the_scripts_have_come_is_sent_when_they_have(
    page: Page, folder: Path
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/js/home.js", hold)
    page.goto("/", wait_until="commit")
    page.locator("#files").set_input_files(image_file(folder, "early.png"))
    held[0].continue_()
    open_result(page, "early.png")


def test_several_chosen_images_come_back_each_at_its_size(page: Page, folder: Path) -> None:
    sizes = {"first.png": (64, 65), "second.png": (1, 1), "third.png": (3, 90)}
    page.goto("/")
    choose(page, *(image_file(folder, n, height=h, width=w) for n, (h, w) in sizes.items()))
    for name in sizes:
        expect(row(page, name).get_by_role("link")).to_have_text("Open result", timeout=LONG_MS)
    found = {}
    for name in sizes:
        address = row(page, name).get_by_role("link").get_attribute("href")
        assert address is not None
        document = page.request.get(address.replace("/jobs/", "/api/v1/jobs/")).json()
        found[name] = size_behind(page, document["links"]["png"])
    assert found == sizes


def test_pictures_of_input_and_result_appear_when_a_file_is_done(page: Page, folder: Path) -> None:
    page.goto("/")
    choose(page, image_file(folder, "pictured.png"))
    expect(row(page, "pictured.png").locator("img[src*='/pictures/']")).to_have_count(
        2, timeout=LONG_MS
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.png", b"these are words", "not a PNG, JPEG or TIFF"),
        ("empty.png", b"", "This file is empty"),
        ("poster.gif", b"GIF89a and so on", "not a PNG, JPEG or TIFF"),
        (
            "huge.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\x02",
            "120 megapixels",
        ),
    ],
)
def test_a_wrong_file_is_refused_before_a_byte_is_sent(
    page: Page, folder: Path, name: str, content: bytes, reason: str
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    (folder / name).write_bytes(content)
    page.goto("/")
    choose(page, folder / name)
    expect(row(page, name)).to_contain_text(reason)
    assert "POST" not in sent


def test_what_only_the_server_can_see_is_told_too(page: Page, folder: Path, faults: Faults) -> None:
    faults.expect("422")
    whole = image_file(folder, "cut.png", height=400, width=400)
    whole.write_bytes(whole.read_bytes()[:5000])
    page.goto("/")
    choose(page, whole)
    expect(row(page, "cut.png")).to_contain_text("cut short", timeout=LONG_MS)


def test_a_wrong_pixel_size_is_told_and_nothing_is_sent(page: Page, folder: Path) -> None:
    page.goto("/")
    page.get_by_label("Pixel size").fill("half")
    choose(page, image_file(folder, "unsized.png"))
    expect(page.get_by_role("alert")).to_contain_text("Write a number from 0.05 to 20")
    expect(page.get_by_label("Pixel size")).to_be_focused()
    expect(row(page, "unsized.png")).to_have_count(0)


def test_the_pixel_size_goes_along(page: Page, folder: Path) -> None:
    page.goto("/")
    page.get_by_label("Pixel size").fill("0,75")
    choose(page, image_file(folder, "sized.png"))
    open_result(page, "sized.png")
    expect(page.locator(".facts")).to_contain_text("0.75 µm")


def test_a_name_is_shown_as_text_whatever_it_holds(page: Page, folder: Path) -> None:
    name = "<img src=x onerror=alert(1)> & “co”.png"
    page.goto("/")
    choose(page, image_file(folder, name))
    expect(row(page, name).locator(".name")).to_have_text(name)
    expect(row(page, name).get_by_role("link")).to_have_text("Open result", timeout=LONG_MS)


def test_the_keyboard_alone_does_it_all(page: Page, folder: Path) -> None:
    page.goto("/")
    # Waiting for the chooser begins early: it takes the browser a moment to be ready for it.
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#files")).to_be_focused()
        page.keyboard.press("Enter")
    opened.value.set_files(image_file(folder, "typed.png"))
    link = row(page, "typed.png").get_by_role("link", name="Open result")
    link.wait_for(timeout=LONG_MS)
    for _ in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Done · typed.png"))


def test_a_lost_connection_is_tried_again_and_makes_one_job(
    page: Page, folder: Path, faults: Faults
) -> None:
    faults.expect("Failed to load resource")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    page.route("**/api/v1/jobs", lose_the_answer, times=1)
    page.goto("/")
    choose(page, image_file(folder, "interrupted.png"))
    open_result(page, "interrupted.png")
    jobs = page.request.get("/api/v1/jobs?limit=200").json()["jobs"]
    assert [job["name"] for job in jobs].count("interrupted.png") == 1


def test_a_full_disk_is_told_and_can_be_tried_again(
    page: Page, folder: Path, faults: Faults
) -> None:
    faults.expect("507")
    error = {"code": "disk_full", "message": "The disk of the service is full.", "request_id": "1"}
    full = {"status": 507, "json": {"error": error}}
    page.route("**/api/v1/jobs", lambda route: route.fulfill(**full), times=1)
    page.goto("/")
    choose(page, image_file(folder, "patient.png"))
    expect(row(page, "patient.png")).to_contain_text("The disk of the service is full.")
    row(page, "patient.png").get_by_role("button", name="Try again").click()
    open_result(page, "patient.png")


def test_a_full_queue_is_waited_for(page: Page, folder: Path, faults: Faults) -> None:
    faults.expect("429")
    full = {"status": 429, "headers": {"Retry-After": "1"}, "json": {}}
    page.route("**/api/v1/jobs", lambda route: route.fulfill(**full), times=1)
    page.goto("/")
    choose(page, image_file(folder, "queueing.png"))
    open_result(page, "queueing.png")


def test_progress_arrives_by_asking_where_streams_are_refused(
    page: Page, folder: Path, faults: Faults
) -> None:
    faults.expect("503")
    page.route("**/events", lambda route: route.fulfill(status=503))
    page.goto("/")
    choose(page, image_file(folder, "asked.png"))
    open_result(page, "asked.png")


def test_the_sample_is_one_press_away(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try it with a sample").click()
    page.get_by_role("link", name="Download TIFF").wait_for(timeout=LONG_MS)
    link = page.get_by_role("link", name="Open PNG").get_attribute("href")
    assert link is not None
    assert size_behind(page, link) == (1024, 1024)


def test_formats_and_limits_are_those_of_the_api(page: Page) -> None:
    page.goto("/")
    limits = page.request.get("/api/v1/limits").json()
    terms = page.locator("#terms")
    for kind in limits["formats"]:
        expect(terms).to_contain_text(kind["name"])
    expect(terms).to_contain_text("Up to 1 GB and 120 megapixels")
    assert (limits["max_bytes"], limits["max_pixels"]) == (2**30, 120_000_000)
