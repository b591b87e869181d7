"""The way in and out by an organisation's provider, as a browser goes it under our policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from app.accounts import Accounts
from app.database import open_database
from tests.app.openid import OpenId, provider_of
from tests.browser.faults import Faults, listen
from tests.browser.test_accounts import KEY
from tests.running import Running


@pytest.fixture(scope="module")
def institute() -> Iterator[OpenId]:
    """The provider."""
    ada = {"sub": "ada-1", "email": "ada@lab.example", "email_verified": True}
    with provider_of(ada) as provider:
        yield provider


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, institute: OpenId) -> Iterator[Running]:
    """A service that knows it, and one person."""
    folder = tmp_path_factory.mktemp("oidc") / "data"
    chosen: dict[str, Any] = {"host": "127.0.0.1", "secret_key": KEY, **institute.settings}
    running = Running(folder, "server", **chosen)
    engine = open_database(f"sqlite:///{folder / 'colormapper.db'}")
    Accounts(engine).invite("ada@lab.example", "uploader")
    engine.dispose()
    yield running
    running.stop()


def at(browser: Browser, portal: Running, faults: Faults, path: str) -> Page:
    page = listen(browser.new_context(base_url=portal.url).new_page(), faults)
    page.goto(path)
    return page


def test_a_browser_goes_in_by_the_provider_and_out_of_both(
    browser: Browser, portal: Running, faults: Faults
) -> None:
    page = at(browser, portal, faults, "/jobs")
    page.get_by_role("link", name="Log in with the Institute").click()
    page.get_by_role("link", name="Go on").click()
    expect(page).to_have_url(f"{portal.url}/jobs")
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="ada@lab.example")).to_be_visible()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    page.get_by_role("link", name="Log out of the Institute, too").click()
    expect(page).to_have_url(f"{portal.url}/login")


def test_who_stops_at_the_provider_can_begin_again(
    browser: Browser, portal: Running, faults: Faults
) -> None:
    faults.expect("403")
    page = at(browser, portal, faults, "/login")
    page.get_by_role("link", name="Log in with the Institute").click()
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("did not let you in")
    page.get_by_role("link", name="Log in with the Institute").click()
    page.get_by_role("link", name="Go on").click()
    expect(page).to_have_url(f"{portal.url}/")


def test_the_pages_of_the_way_shut_nobody_out(
    browser: Browser, portal: Running, faults: Faults
) -> None:
    for path in ("/login", "/login/oidc/left"):
        page = at(browser, portal, faults, path)
        page.set_viewport_size({"width": 390, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
