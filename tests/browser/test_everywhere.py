"""What holds for every page: readable by all, on every screen, in light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.faults import Faults, listen
from tests.browser.unattended import Unattended
from tests.running import Running, noise, png

PAGES = ("home", "list", "filtered", "done", "view", "delete", "error")
NARROW = (360, 390, 768)


@pytest.fixture(scope="session")
def addresses(service: Running) -> dict[str, str]:
    """An address for every kind of page, with long names where names are shown."""
    name = "kidney_2026-11-20_slide-17_region-003_a-name-as-long-as-microscopes-make-them.png"
    done = service.submit(png(noise(200, 300, seed=1)), name=name)
    service.finish(done)
    return {
        "home": "/",
        "list": "/jobs",
        "filtered": "/jobs?state=failed",
        "done": f"/jobs/{done}",
        "view": f"/jobs/{done}/view",
        "delete": f"/jobs/{done}/delete",
        "error": "/nothing/here",
    }


@pytest.fixture(params=PAGES)
def address(request: pytest.FixtureRequest, addresses: dict[str, str], faults: Faults) -> str:
    if request.param == "error":
        faults.expect("404")
    return addresses[request.param]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(
    browser: Browser, service: Running, address: str, scheme: str, faults: Faults
) -> None:
    context = browser.new_context(base_url=service.url, color_scheme=scheme)  # type: ignore[arg-type]
    page = listen(context.new_page(), faults)
    page.goto(address)
    found = Axe().run(page)
    context.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", NARROW)
def test_no_page_is_wider_than_a_phone(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert beyond <= 0


def test_every_page_has_one_first_heading_and_a_title(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title().endswith(" · Color Mapper")


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_the_page_of_an_unhappy_or_busy_job_shuts_nobody_out(
    page: Page, desk: Unattended, state: str
) -> None:
    job = desk.send("kidney.png")
    queue = desk.services.queue
    if state == "cancelled":
        queue.cancel(job.id)
    elif state != "queued":
        claim = desk.begin()
        queue.progress(claim, 0.37)
        if state == "failed":
            queue.fail(claim, "corrupt_image", "The file is cut short; copy it again.")
    page.goto(f"{desk.url}/jobs/{job.id}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs?state=done"])
def test_pages_of_a_service_that_nobody_used_shut_nobody_out(
    page: Page, desk: Unattended, path: str
) -> None:
    page.goto(desk.url + path)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_documentation_of_the_api_opens(page: Page) -> None:
    page.goto("/api/docs")
    expect(page.get_by_text("Send an image to be translated")).to_be_visible()
