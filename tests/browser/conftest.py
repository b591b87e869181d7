"""Debian's Chromium, the service as its user has it, and an eye on what goes wrong unseen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import CHROMIUM, LAUNCH
from tests.browser.faults import Faults, listen
from tests.browser.unattended import Unattended, unattended
from tests.running import Running


def pytest_configure(config: pytest.Config) -> None:
    # pytest-playwright 0.10 gives a fixture a name in a way that pytest 10 will not know.
    config.addinivalue_line("filterwarnings", "ignore::pytest.PytestRemovedIn10Warning")
    # A busy machine takes longer than the 5 s that are usual; what is expected ends the waiting.
    expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip("there is no chromium; on Debian: apt-get install chromium")
    return {**browser_type_launch_args, **LAUNCH}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose jobs have many small patches, so that there is progress to be seen."""
    running = Running(tmp_path_factory.mktemp("portal") / "data", tile=32, halo=0)
    yield running
    running.stop()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """What browsers complained of; must be empty at the end, but for what a test expects."""
    found = Faults()
    yield found
    assert found.unexpected() == []


@pytest.fixture
def late_tiles(faults: Faults) -> None:
    """OpenSeadragon says so of tiles that were on their way when their picture was left."""
    faults.expect("loaded before reset")


@pytest.fixture
def page(context: BrowserContext, service: Running, faults: Faults) -> Page:
    """A page whose addresses are the service's."""
    return listen(context.new_page(), faults)


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], service: Running) -> dict[str, Any]:
    return {**browser_context_args, "base_url": service.url}


@pytest.fixture
def plain_page(browser: Browser, service: Running, faults: Faults) -> Iterator[Page]:
    """A page of a browser that runs no scripts."""
    context = browser.new_context(base_url=service.url, java_script_enabled=False)
    yield listen(context.new_page(), faults)
    context.close()


@pytest.fixture(scope="session")
def web_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unattended]:
    """A web process that has no worker."""
    with unattended(tmp_path_factory.mktemp("unattended")) as running:
        yield running


@pytest.fixture
def desk(web_process: Unattended) -> Unattended:
    """A service without a worker and without jobs."""
    web_process.clear()
    return web_process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test puts the files that it sends."""
    return tmp_path
