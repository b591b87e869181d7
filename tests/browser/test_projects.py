"""Two people and a project: one sends images into it, the other judges them and cannot more."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from app.account import Role
from app.settings import ROOT
from tests.browser.faults import Faults, listen
from tests.running import Running, noise, png

PASSWORD = "lamp quartz river seven"  # noqa: S105
LONG_MS = 120_000
KEY = "0123456789abcdef" * 4
WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service on which people log in."""
    folder = tmp_path_factory.mktemp("projects") / "data"
    running = Running(folder, "server", host="127.0.0.1", secret_key=KEY)
    yield running
    running.stop()


def invited(browser: Browser, portal: Running, faults: Faults, name: str, role: Role) -> Page:
    """A page of somebody whom an administrator has invited on the command line."""
    command = [sys.executable, "scripts/accounts.py", "invite", name, "--role", role]
    command += ["--url", portal.url]
    done = subprocess.run(
        command, check=True, cwd=ROOT, env=portal.environ, capture_output=True, text=True
    )
    link = re.search(r"http\S+/invitation/\S+", done.stdout)
    assert link is not None, done.stdout
    page = listen(browser.new_context(base_url=portal.url).new_page(), faults)
    page.goto(link[0])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same once more").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page).to_have_url(f"{portal.url}/")
    return page


def require_open_to_all(page: Page) -> None:
    """Nobody is shut out of a page, on a phone or on a laptop."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.usefixtures("late_tiles")
def test_a_colleague_judges_what_is_sent_into_a_shared_project_and_cannot_delete_it(
    browser: Browser, portal: Running, faults: Faults, tmp_path: Path
) -> None:
    slide = tmp_path / "kidney.png"
    slide.write_bytes(png(noise(61, 83, seed=1)))
    ada = invited(browser, portal, faults, "ada@laboratory.example.org", "uploader")
    rita = invited(browser, portal, faults, "rita@laboratory.example.org", "reviewer")

    ada.get_by_role("link", name="Projects").click()
    require_open_to_all(ada)
    ada.get_by_label("Name", exact=True).fill("Kidney biopsies")
    ada.get_by_role("button", name="Make it").click()
    expect(ada.get_by_role("heading", name="Kidney biopsies")).to_be_visible()
    ada.get_by_label("Name or e-mail of an account").fill("Rita@laboratory.example.org")
    ada.get_by_role("button", name="Add").click()
    expect(ada.get_by_text("is in this project now")).to_be_visible()

    ada.get_by_role("link", name="Send images").click()
    expect(ada.get_by_label("Project")).to_have_value(re.compile(".+"))
    ada.locator("#files").set_input_files(slide)
    expect(ada.get_by_role("link", name="Open result")).to_be_visible(timeout=LONG_MS)
    ada.goto("/")  # the choice is remembered
    expect(ada.get_by_label("Project").locator("option:checked")).to_have_text("Kidney biopsies")

    rita.get_by_role("link", name="Projects").click()
    rita.get_by_role("link", name="Kidney biopsies").click()
    expect(rita.get_by_role("link", name="kidney.png")).to_be_visible()
    require_open_to_all(rita)
    rita.get_by_role("link", name="Review", exact=True).last.click()
    expect(rita.get_by_role("link", name="kidney.png")).to_be_visible()
    expect(rita.get_by_text("by ada@laboratory.example.org")).to_be_visible()
    expect(rita.get_by_label("Project").locator("option:checked")).to_have_text("Kidney biopsies")
    require_open_to_all(rita)
    rita.keyboard.press("a")
    expect(rita.get_by_role("heading", name="Nothing left to review")).to_be_visible()
    rita.goto("/jobs")
    rita.get_by_role("link", name="kidney.png").click()
    expect(rita.get_by_text("Accepted by rita@laboratory.example.org", exact=False)).to_be_visible()
    expect(rita.get_by_role("link", name="Delete…")).to_have_count(0)
    address = rita.url
    faults.expect("403")
    rita.goto(f"{address}/delete")
    expect(
        rita.get_by_text("You may look at this image, not change it", exact=False)
    ).to_be_visible()

    ada.goto(address)
    expect(ada.get_by_text("Accepted by rita@laboratory.example.org", exact=False)).to_be_visible()
    ada.get_by_role("combobox", name="Project").select_option("None")
    ada.get_by_role("button", name="Save").click()
    expect(
        ada.get_by_text("Only whoever sent it and administrators see this image")
    ).to_be_visible()
    faults.expect("404")
    rita.goto(address)
    expect(rita.get_by_text("there is no such job", exact=False)).to_be_visible()


def test_who_leaves_a_project_is_out_of_it_and_an_archived_one_is_offered_no_more(
    browser: Browser, portal: Running, faults: Faults
) -> None:
    olga = invited(browser, portal, faults, "olga", "uploader")
    mia = invited(browser, portal, faults, "mia", "viewer")
    olga.goto("/projects")
    olga.get_by_label("Name", exact=True).fill("A name as long as laboratories make them, " * 2)
    olga.get_by_role("button", name="Make it").click()
    address = olga.url
    faults.expect("404")
    olga.get_by_label("Name or e-mail of an account").fill("nobody")
    olga.get_by_role("button", name="Add").click()
    expect(olga.get_by_text("There is no account 'nobody'")).to_be_visible()
    olga.get_by_label("Name or e-mail of an account").fill("mia")
    olga.get_by_role("button", name="Add").click()
    require_open_to_all(olga)

    mia.goto(address)
    mia.get_by_role("button", name="Leave").click()
    expect(mia.get_by_text("You have left")).to_be_visible()
    require_open_to_all(mia)
    mia.goto(address)
    expect(mia.get_by_text("there is no such project", exact=False)).to_be_visible()

    olga.get_by_role("button", name="Archive").click()
    expect(olga.get_by_role("link", name="Send images")).to_have_count(0)
    olga.goto("/")
    expect(olga.get_by_label("Project")).to_have_count(0)
    olga.goto(address)
    olga.get_by_role("link", name="Delete…").click()
    require_open_to_all(olga)
    olga.get_by_role("button", name="Delete the project").click()
    expect(olga.get_by_text("was deleted")).to_be_visible()
