"""The way of people on a server: invited, logged in, on their own, and out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tifffile
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from app.account import Role
from app.accounts import Accounts
from app.database import open_database
from tests.browser.faults import Faults, listen
from tests.running import Running, noise, png

PASSWORD = "lamp quartz river seven"  # noqa: S105
LONG_MS = 120_000
KEY = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service on which people log in."""
    folder = tmp_path_factory.mktemp("accounts") / "data"
    running = Running(folder, "server", host="127.0.0.1", secret_key=KEY)
    yield running
    running.stop()


def enter(browser: Browser, portal: Running, faults: Faults, name: str, role: Role) -> Page:
    """A page of somebody who was just invited and has chosen a password."""
    engine = open_database(f"sqlite:///{portal.data / 'colormapper.db'}")
    secret = Accounts(engine).invite(name, role).secret
    engine.dispose()
    page = listen(browser.new_context(base_url=portal.url).new_page(), faults)
    page.goto(f"/invitation/{secret}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page).to_have_url(f"{portal.url}/")
    return page


def log_in(browser: Browser, portal: Running, faults: Faults, name: str, role: Role) -> Page:
    """A page of somebody who has a password, and came by the form."""
    engine = open_database(f"sqlite:///{portal.data / 'colormapper.db'}")
    accounts = Accounts(engine)
    accounts.accept(accounts.invite(name, role).secret, PASSWORD)
    engine.dispose()
    page = listen(browser.new_context(base_url=portal.url).new_page(), faults)
    page.goto("/")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{portal.url}/")
    return page


def test_a_result_is_shared_with_somebody_who_has_no_account_until_it_is_revoked(
    browser: Browser, portal: Running, faults: Faults, tmp_path: Path
) -> None:
    slide = tmp_path / "spleen.png"
    slide.write_bytes(png(noise(61, 83, seed=2)))
    ada = log_in(browser, portal, faults, "ada.who-shares", "uploader")
    ada.locator("#files").set_input_files(slide)
    ada.get_by_role("link", name="Open result").click(timeout=LONG_MS)
    ada.get_by_role("button", name="Make a link").click()
    link = ada.get_by_label("Link that shares the result").input_value()

    guest = listen(browser.new_context(accept_downloads=True).new_page(), faults)
    guest.goto(link)
    expect(guest.get_by_role("heading", name="spleen.png")).to_be_visible()
    picture = guest.get_by_alt_text("spleen.png as virtual H&E")
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 83
    with guest.expect_download() as saved:
        guest.get_by_role("link", name="Download TIFF").click()
    assert tifffile.imread(saved.value.path()).shape == (61, 83, 3)
    expect(guest.get_by_role("navigation", name="Main")).to_have_count(0)
    guest.get_by_role("link", name="View in full size").click()
    guest.wait_for_function(
        "() => document.querySelector('#viewer[data-ready]') && OpenSeadragon"
        ".getViewer(document.getElementById('pane')).world.getItemAt(0).getFullyLoaded()"
    )
    guest.get_by_role("link", name="Back to the page of spleen.png").click()
    expect(picture).to_be_visible()

    ada.get_by_role("button", name="Revoke link").click()
    expect(ada.get_by_role("button", name="Revoke link")).to_have_count(0)
    faults.expect("404")
    guest.reload()
    expect(guest.get_by_text("this link was revoked", exact=False)).to_be_visible()
    for beside in ("result.tif", "view", "tiles/0/0_0.jpg"):
        assert guest.request.get(f"{link}/{beside}").status == 404


def test_people_send_alone_and_administrators_see_all(
    browser: Browser, portal: Running, faults: Faults, tmp_path: Path
) -> None:
    slide = tmp_path / "kidney.png"
    slide.write_bytes(png(noise(61, 83, seed=1)))
    ada = enter(browser, portal, faults, "ada", "uploader")
    bob = enter(browser, portal, faults, "bob", "uploader")
    root = enter(browser, portal, faults, "root", "admin")

    ada.locator("#files").set_input_files(slide)
    expect(ada.get_by_role("link", name="Open result")).to_be_visible(timeout=LONG_MS)
    ada.goto("/jobs")
    expect(ada.get_by_role("link", name="kidney.png")).to_be_visible()
    ada.get_by_role("link", name="kidney.png").click()
    address = ada.url

    bob.goto("/jobs")
    expect(bob.get_by_role("heading", name="No images yet")).to_be_visible()
    faults.expect("404")
    bob.goto(address)
    expect(bob.get_by_text("there is no such job", exact=False)).to_be_visible()
    root.goto(address)
    expect(root.get_by_role("heading", name="kidney.png")).to_be_visible()

    ada.get_by_role("link", name="Account").click()
    ada.get_by_role("button", name="Log out", exact=True).first.click()
    expect(ada.get_by_role("heading", name="Log in")).to_be_visible()
    ada.goto(address)
    ada.get_by_label("Name or e-mail").fill("Ada")
    ada.get_by_label("Password").fill(PASSWORD)
    ada.get_by_role("button", name="Log in").click()
    expect(ada).to_have_url(address)


def test_the_pages_of_accounts_shut_nobody_out(
    browser: Browser, portal: Running, faults: Faults
) -> None:
    root = enter(browser, portal, faults, "second-root@laboratory.example.org", "admin")
    root.goto("/accounts")
    root.get_by_label("Name or e-mail").fill("somebody.with-a-long-name@laboratory.example.org")
    root.get_by_role("button", name="Make the link").click()
    root.set_viewport_size({"width": 390, "height": 800})
    for path in ("", "/account", "/login"):
        if path:
            root.goto(path)
        found = Axe().run(root)
        assert found.violations_count == 0, found.generate_report()
        assert root.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
