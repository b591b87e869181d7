"""Pages show what an account may do, and nothing that would then be refused."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.account import ROLES
from app.guard import right_of
from app.services import Services
from app.settings import ServeSettings
from tests.app.people import HTML, account, browser, program, server_of, services_of
from tests.app.web import finish, get, queued

PAGES = (
    "/",
    "/jobs",
    "/jobs?state=failed",
    "/jobs?state=running",
    "/account",
    "/projects",
    "/nothing",
)


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


def images_of(app: Flask, name: str, folder: Path) -> list[str]:
    """Addresses of pages about images that an account has sent: one of each kind, together."""
    services, client = services_of(app), program(app, name)
    done = queued(client, services, batch="monday")
    finish(services, folder)
    failed = queued(client, services, name="failed.png", batch="monday")
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.fail(claim, "corrupt_image", "the file is cut short")
    stopped = queued(client, services, name="stopped.png", batch="monday")
    services.queue.cancel(stopped.id)
    waiting = queued(client, services, name="again.png", batch="monday")
    jobs = [f"/jobs/{job.id}" for job in (done, failed, stopped, waiting)]
    return [*jobs, f"/batches/{done.batch_id}"]


def offered(page: str, tag: str) -> set[str]:
    """The addresses of this service that the links or forms of a page lead to."""
    attribute = {"a": "href", "form": "action"}[tag]
    found = re.findall(rf'<{tag}\b[^>]*?\b{attribute}="(/[^"#]*)', page)
    return {unescape(address) for address in found}


def test_no_page_offers_what_would_be_refused(server_app: Flask, tmp_path: Path) -> None:
    pages = [*PAGES, *images_of(server_app, "ada", tmp_path)]
    map_of, ada = server_app.url_map.bind("localhost"), account(server_app, "ada")
    account(server_app, "root", "admin")
    for role in ROLES.values():
        me = services_of(server_app).accounts.set_role(ada.id, role)
        client = browser(server_app, "ada")
        for path in pages:
            page = client.get(path, headers=HTML)
            assert page.status_code == (404 if path == "/nothing" else 200), path
            for address in offered(page.text, "a"):
                assert get(client, address, headers=HTML).status_code == 200, (path, address)
            for address in offered(page.text, "form"):
                with server_app.test_request_context():
                    right = right_of(map_of.match(address, method="POST")[0])
                assert right == "anybody" or me.may(right), (path, address)


def test_who_may_only_look_is_told_so_and_who_may_send_is_not(server_app: Flask) -> None:
    client = browser(server_app, "ada")
    job = queued(program(server_app, "ada"), services_of(server_app))
    pages = {"/": "may look at images, not send them", f"/jobs/{job.id}": "not stop or delete it"}
    for path, words in pages.items():
        assert words not in client.get(path).text
    services_of(server_app).accounts.set_role(account(server_app, "ada").id, "viewer")
    for path, words in pages.items():
        assert words in client.get(path).text


def test_nobody_is_offered_a_way_in_by_a_link_that_holds_no_more(server_app: Flask) -> None:
    page = server_app.test_client().get("/shared/nothing", headers=HTML)
    assert page.status_code == 404
    assert "revoked, has ended" in page.text
    assert offered(page.text, "a") == set()


def test_in_local_mode_pages_offer_everything(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    job = finish(services, tmp_path)
    assert "/sample" in offered(client.get("/").text, "form")
    assert f"/jobs/{job.id}/delete" in offered(client.get(f"/jobs/{job.id}").text, "a")
    assert "/jobs" in offered(client.get("/nothing", headers=HTML).text, "a")
