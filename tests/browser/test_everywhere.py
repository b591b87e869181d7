"""What holds for every page: readable by all, on every screen, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app import create_app
from app.account import Role
from app.application import PAGES
from app.review import Opinion
from app.settings import ServeSettings
from tests.app.pyramids import finish_with_pictures
from tests.browser.faults import Faults, listen
from tests.browser.unattended import Unattended, unattended
from tests.running import noise

PASSWORD = "lamp quartz river seven"  # noqa: S105
LONG = "kidney_2026-11-20_slide-17_region-003_a-name-as-long-as-microscopes-make-them.png"
WIDTHS = (360, 768, 1920)
NO_PAGES = {"pictures.show", "shares.file", "shares.tile"}
"""Addresses of files."""
PROVIDER: dict[str, Any] = {
    "oidc_issuer": "http://127.0.0.1:9",
    "oidc_client_id": "color-mapper",
    "oidc_client_secret": "secret",
}
"""One that does not answer."""


@dataclass(frozen=True)
class State:
    """A page as somebody finds it."""

    endpoint: str
    path: str
    who: str = "ada"
    fault: str = ""
    """What the browser complains of meanwhile."""


STATES = {
    "login": State("login.show", "/login", "nobody"),
    "away provider": State("oidc.begin", "/login/oidc", "nobody", "503"),
    "login that was lost": State("oidc.finish", "/login/oidc/callback", "nobody", "400"),
    "logged out": State("oidc.left", "/login/oidc/left", "nobody"),
    "invitation": State("login.invitation", "/invitation/{invitation}", "nobody"),
    "used invitation": State("login.invitation", "/invitation/used", "nobody", "404"),
    "shared result": State("shares.show", "/shared/{shared}", "nobody"),
    "shared viewer": State("shares.view", "/shared/{shared}/view", "nobody"),
    "revoked link": State("shares.show", "/shared/revoked", "nobody", "404"),
    "home": State("home.index", "/"),
    "home of somebody new": State("home.index", "/", "newcomer"),
    "home of who may only look": State("home.index", "/", "vera"),
    "images": State("jobs.index", "/jobs"),
    "images that failed": State("jobs.index", "/jobs?state=failed"),
    "no images": State("jobs.index", "/jobs", "newcomer"),
    "no images of a state": State("jobs.index", "/jobs?state=running", "newcomer"),
    "no images of who may only look": State("jobs.index", "/jobs", "vera"),
    "batch": State("batches.show", "/batches/{batch}"),
    "done": State("jobs.show", "/jobs/{done}"),
    "waiting": State("jobs.show", "/jobs/{waiting}"),
    "running": State("jobs.show", "/jobs/{running}"),
    "failed": State("jobs.show", "/jobs/{failed}"),
    "cancelled": State("jobs.show", "/jobs/{cancelled}"),
    "deleting": State("jobs.confirm", "/jobs/{done}/delete"),
    "viewer": State("viewer.show", "/jobs/{done}/view"),
    "models to try": State("trials.show", "/jobs/{done}/try"),
    "nothing to view": State("viewer.show", "/jobs/{waiting}/view", "ada", "404"),
    "trying models": State("trials.show", "/jobs/{done}/try"),
    "trying models while waiting": State("trials.show", "/jobs/{waiting}/try"),
    "who may only look tries nothing": State("trials.show", "/jobs/{done}/try", "vera", "403"),
    "review": State("review.index", "/review?state=accepted"),
    "nothing to review": State("review.index", "/review?state=rejected"),
    "projects": State("projects.index", "/projects"),
    "no projects": State("projects.index", "/projects", "vera"),
    "project": State("projects.show", "/projects/{project}"),
    "deleting a project": State("projects.confirm", "/projects/{project}/delete"),
    "account": State("account.show", "/account"),
    "accounts": State("accounts.index", "/accounts"),
    "refused": State("accounts.index", "/accounts", "newcomer", "403"),
    "wrong address": State("", "/nothing/here", "ada", "404"),
}
PEOPLE: dict[str, Role] = {"ada": "admin", "newcomer": "uploader", "vera": "viewer"}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unattended]:
    """A server with an image in every state, where nothing happens by itself."""
    folder = tmp_path_factory.mktemp("everywhere")
    with unattended(folder, mode="server", secret_key="k" * 32, **PROVIDER) as running:
        yield running


@pytest.fixture(scope="module")
def known(portal: Unattended, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What stands in the paths of pages."""
    services, folder = portal.services, tmp_path_factory.mktemp("files")
    done = portal.send(LONG, batch="monday")
    finish_with_pictures(
        services, folder, before=noise(61, 67, 1), after=noise(61, 67, 2), blur_over=(61, 67)
    )
    failed = portal.send("failed.png", batch="monday")
    services.queue.fail(portal.begin(), "corrupt_image", "The file is cut short; copy it again.")
    running = portal.send("running.png", batch="monday")
    services.queue.progress(portal.begin(), 0.37)
    cancelled = portal.send("cancelled.png", batch="monday")
    services.queue.cancel(cancelled.id)
    waiting = portal.send("waiting.png", batch="monday")
    opinion = Opinion(verdict="accept", reason="blurred", note="well ...")
    services.reviews.add(done.id, opinion, after=0, reviewer="ada")
    invitation = services.accounts.invite("invited@laboratory.example.org", "viewer")
    project = services.projects.make("Kidneys of the year 2026", owner=invitation.account)
    services.projects.put_job(done.id, project.id, by=invitation.account.user)
    jobs = {"done": done, "failed": failed, "running": running}
    jobs |= {"cancelled": cancelled, "waiting": waiting}
    return {
        **{state: job.id for state, job in jobs.items()},
        "batch": str(done.batch_id),
        "shared": services.shares.make(done.id, user="account:1", days=7)[1],
        "invitation": invitation.secret,
        "project": project.id,
    }


@pytest.fixture(scope="module")
def people(browser: Browser, portal: Unattended) -> Iterator[dict[str, BrowserContext]]:
    """The browsers of people who are logged in, and of nobody."""
    contexts = {name: browser.new_context(base_url=portal.url) for name in ("nobody", *PEOPLE)}
    for name, role in PEOPLE.items():
        page = contexts[name].new_page()
        page.goto(f"/invitation/{portal.services.accounts.invite(name, role).secret}")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Set the password").click()
        page.wait_for_url(f"{portal.url}/")
        page.close()
    yield contexts
    for context in contexts.values():
        context.close()


def test_every_page_is_among_them(tmp_path: Path) -> None:
    app = create_app(ServeSettings(data_dir=tmp_path, mode="server", secret_key="k" * 32))
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in PAGES
    }
    assert pages - NO_PAGES == {state.endpoint for state in STATES.values()} - {""}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_page_shuts_nobody_out_on_any_screen(
    people: dict[str, BrowserContext], known: dict[str, str], state: State, faults: Faults
) -> None:
    if state.fault:
        faults.expect(state.fault)
    page = listen(people[state.who].new_page(), faults)
    page.goto(state.path.format(**known))
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title().endswith(" · Color Mapper")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert beyond <= 0, f"wider than {width} px"
    for scheme, width in (("light", 390), ("dark", 1280)):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    page.close()


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs?state=done"])
def test_pages_of_a_service_that_nobody_used_shut_nobody_out(
    browser: Browser, desk: Unattended, path: str, faults: Faults
) -> None:
    page = listen(browser.new_page(), faults)
    page.goto(desk.url + path)
    found = Axe().run(page)
    page.close()
    assert found.violations_count == 0, found.generate_report()


def test_the_documentation_of_the_api_opens(browser: Browser, desk: Unattended) -> None:
    page = browser.new_page()
    page.goto(f"{desk.url}/api/docs")
    expect(page.get_by_text("Send an image to be translated")).to_be_visible()
    page.close()


def test_a_button_that_the_keyboard_has_come_to_has_a_ring(page: Page, desk: Unattended) -> None:
    page.goto(desk.url)
    button = page.get_by_role("button", name="Try it with a sample")
    expect(button).to_have_css("outline-style", "none")
    page.get_by_label("Pixel size").focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    expect(button).to_have_css("outline-style", "solid")
