"""An image that has been translated before is offered on the home page instead of being sent."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.images import image_file
from tests.browser.unattended import Unattended


def translated(page: Page, desk: Unattended, folder: Path, name: str) -> Path:
    """An image that was sent from the home page, and is done."""
    file = image_file(folder, name)
    page.goto(desk.url)
    page.locator("#files").set_input_files(file)
    expect(page.locator(".file", has_text=name)).to_contain_text("in the queue")
    desk.finish_next(folder)
    expect(page.get_by_role("link", name=f"Open result: {name}")).to_be_visible()
    return file


def test_an_image_that_was_translated_before_is_offered_and_sent_again_only_when_told(
    page: Page, desk: Unattended, folder: Path
) -> None:
    file = translated(page, desk, folder, "first.png")
    again = file.rename(folder / "another-name.png")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.goto(desk.url)
    page.locator("#files").set_input_files(again)
    row = page.locator(".file", has_text="another-name.png")
    expect(row).to_contain_text("Translated before, on ")
    expect(row.locator("img")).to_have_count(2)
    assert not any(one.startswith("POST") for one in asked)
    row.get_by_role("button", name="Translate again").click()
    expect(row).to_contain_text("in the queue")
    expect(row.get_by_role("link", name="The same image was translated")).to_be_visible()
    assert desk.services.queue.counts()["queued"] == 1


def test_the_offered_result_opens(page: Page, desk: Unattended, folder: Path) -> None:
    file = translated(page, desk, folder, "opened.png")
    page.goto(desk.url)
    page.locator("#files").set_input_files(file)
    expect(page.locator(".file")).to_contain_text("Translated before")
    page.get_by_role("link", name="Open result: opened.png").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("opened.png")


def test_an_image_at_another_pixel_size_is_sent(page: Page, desk: Unattended, folder: Path) -> None:
    file = translated(page, desk, folder, "scaled.png")
    page.goto(desk.url)
    page.locator("#mpp").fill("0.5")
    page.locator("#files").set_input_files(file)
    expect(page.locator(".file", has_text="scaled.png")).to_contain_text("in the queue")
