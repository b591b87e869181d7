"""Make the screenshots of docs/screens.md, by using the service: run after the pages have changed.

    python -m tests.browser.screens

Made-up tissue under five microscopes goes through a server as an administrator sees it.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from app.accounts import Accounts
from app.database import open_database
from app.settings import ROOT
from cyclegan.phantom import grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose
from tests.browser.chromium import LAUNCH
from tests.running import Running, png

SCREENS = ROOT / "docs" / "images" / "screens"
PASSWORD = "lamp quartz river seven"  # noqa: S105
KEY = "0123456789abcdef" * 4
SIZE = (1000, 1300)
"""Height and width in px of the made images."""
LONG_MS = 300_000


def main() -> None:
    """Send the images, and keep what the pages show of them."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        running = Running(folder / "data", "server", host="127.0.0.1", secret_key=KEY)
        try:
            browser = playwright.chromium.launch(**LAUNCH)
            stranger = _page(browser, running, dark=True)
            stranger.goto("/")
            keep(stranger, "login")
            page = _administrator(browser, running)
            batch = _batch(page, _images(folder))
            _job(page)
            _shared(browser, running, page)
            _project(page, batch)
            _others(page)
            browser.close()
        finally:
            running.stop()


def _images(folder: Path) -> list[Path]:
    """Made-up tissue, each under a random microscope."""
    paths = []
    for number in range(5):
        grown = grow(*SIZE, seed=number)
        rig = draw_rig(np.random.default_rng(40 + number))
        path = folder / f"section-{number + 1}.png"
        path.write_bytes(png(expose(grown.nuclear, grown.counterstain, rig).muse))
        paths.append(path)
    return paths


def _page(browser: Browser, running: Running, *, dark: bool = False) -> Page:
    context = browser.new_context(
        base_url=running.url,
        viewport={"width": 1280, "height": 860},
        color_scheme="dark" if dark else "light",
    )
    return context.new_page()


def _administrator(browser: Browser, running: Running) -> Page:
    engine = open_database(f"sqlite:///{running.data / 'colormapper.db'}")
    accounts = Accounts(engine)
    secret = accounts.invite("ada", "admin").secret
    for name, role in (("grace", "reviewer"), ("linus", "uploader")):
        accounts.invite(name, role)  # type: ignore[arg-type]
    engine.dispose()
    page = _page(browser, running)
    page.goto(f"/invitation/{secret}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url(f"{running.url}/")
    return page


def _batch(page: Page, images: list[Path]) -> str:
    page.locator("#mpp").fill("0.5")
    page.locator("#files").set_input_files(images)
    page.get_by_role("link", name="Open result").first.wait_for(timeout=LONG_MS)
    page.locator("#sent").scroll_into_view_if_needed()
    keep(page, "sending")
    page.get_by_role("link", name="See all of them").click()
    page.locator("#line").get_by_text("All 5 done").wait_for(timeout=LONG_MS)
    keep(page, "batch")
    return page.url


def _job(page: Page) -> None:
    page.goto("/jobs")
    page.get_by_role("link", name="section-3.png").click()
    keep(page, "job", whole=True)
    address = page.url
    page.goto(f"{address}/view")
    page.locator("#viewer[data-ready]").wait_for()
    keep(page, "viewer")
    page.emulate_media(color_scheme="dark")
    page.keyboard.press("2")
    keep(page, "viewer-dark")
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}/try")
    _region(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    keep(page, "phone")
    page.set_viewport_size({"width": 1280, "height": 860})


def _shared(browser: Browser, running: Running, page: Page) -> None:
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link that shares the result").input_value()
    stranger = _page(browser, running)
    stranger.goto(link)
    keep(stranger, "shared")


def _project(page: Page, batch: str) -> None:
    page.goto("/projects")
    page.get_by_label("Name", exact=True).fill("Fresh kidney, 2026")
    page.get_by_role("button", name="Make it").click()
    for name in ("grace", "linus"):
        page.get_by_label("Name or e-mail of an account").fill(name)
        page.get_by_role("button", name="Add").click()
        page.get_by_text(f"{name} is in this project now").wait_for()
    address = page.url
    page.goto(batch)
    page.get_by_role("combobox", name="Project").select_option("Fresh kidney, 2026")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("sees these images").wait_for()
    page.goto(address)
    keep(page, "project")


def _region(page: Page) -> None:
    page.locator("#trying[data-ready]").wait_for()
    page.mouse.move(330, 330)
    page.mouse.down()
    page.mouse.move(450, 400)
    page.mouse.move(560, 490)
    page.mouse.up()
    keep(page, "region")
    page.get_by_role("button", name="Translate the region").click()
    page.wait_for_function(
        "() => document.querySelectorAll('#comparison figure[data-ready]').length === 3",
        timeout=LONG_MS,
    )
    page.set_viewport_size({"width": 1680, "height": 860})  # room for three beside each other
    keep(page, "trials")
    page.set_viewport_size({"width": 1280, "height": 860})


def _others(page: Page) -> None:
    page.goto("/review")
    keep(page, "review")
    page.goto("/accounts")
    keep(page, "accounts")


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """The page as it is now, when nothing is being fetched any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
    picture.save(SCREENS / f"{name}.webp", quality=82)


if __name__ == "__main__":
    main()
