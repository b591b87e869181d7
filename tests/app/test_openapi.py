"""The OpenAPI document tells the truth: a schema-driven tester holds the service to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api.operation import operation_of
from app.jobs import LeaseLost
from app.services import Services, open_services
from app.settings import ServeSettings
from tests.app.conftest import serving
from tests.app.databases import make_database
from tests.app.pyramids import pyramid
from tests.app.web import Server, complete, get
from tests.running import noise

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_DESCRIBED = {"openapi.document", "openapi.browse", "openapi.static", "static"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


@pytest.fixture
def working_server(tmp_path: Path) -> Iterator[Server]:
    """A web process of its own, as results of other tests are no pictures, whose jobs get done."""
    settings = ServeSettings(data_dir=tmp_path / "data")
    make_database(settings.database)
    services = open_services(settings)
    stop = Event()
    worker = Thread(target=_work, args=(services, tmp_path, stop))
    with serving(settings.data_dir) as served:
        worker.start()
        yield served
        stop.set()
        worker.join()


def _work(services: Services, folder: Path, stop: Event) -> None:
    result = pyramid(folder, noise(40, 50, seed=1))
    while not stop.wait(0.1):
        services.queue.see_worker("a worker", "cpu")
        while claim := services.queue.claim("a worker"):
            with suppress(LeaseLost):  # the tester removes jobs as it likes
                complete(services, claim, folder, result=result)


def test_every_route_of_the_api_is_described(web_app: Flask) -> None:
    pages = {rule.endpoint for rule in web_app.url_map.iter_rules() if _is_page(rule.endpoint)}
    described = {
        endpoint for endpoint, view in web_app.view_functions.items() if operation_of(view)
    }
    assert described == set(web_app.view_functions) - pages - NOT_DESCRIBED


def _is_page(endpoint: str) -> bool:
    from app.application import PAGES

    return endpoint.partition(".")[0] in PAGES


def test_the_routes_of_the_contract_are_there(document: dict[str, Any]) -> None:
    assert {(path, method) for path, item in document["paths"].items() for method in item} >= {
        ("/api/v1/jobs", "post"),
        ("/api/v1/jobs", "get"),
        ("/api/v1/jobs/{job_id}", "get"),
        ("/api/v1/jobs/{job_id}", "delete"),
        ("/api/v1/jobs/{job_id}/cancel", "post"),
        ("/api/v1/jobs/{job_id}/events", "get"),
        ("/api/v1/models", "get"),
        ("/api/v1/limits", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/results/{token}/{name}", "get"),
        ("/s/{token}", "get"),
        ("/s/{token}/{name}", "get"),
        ("/tiles/{job_id}/{which}.dzi", "get"),
        ("/uploads", "post"),
        ("/uploads/{upload_id}", "patch"),
        ("/uploads/{upload_id}", "delete"),
    }


def test_the_form_names_the_models_that_there_are(document: dict[str, Any]) -> None:
    content = document["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]
    model = content["multipart/form-data"]["schema"]["properties"]["model"]
    assert "colour-mapping" in model["enum"]


def test_the_page_that_shows_it_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "//" not in page.text.replace("<!--", "").replace("://www.w3.org", "")
    assert get(client, "/api/static/docs.js").status_code == 200


def test_the_service_does_what_its_document_says(working_server: Server, tmp_path: Path) -> None:
    address = f"{working_server.url}/api/openapi.json"
    command = [sys.executable, "-m", "schemathesis.cli", "run", address]
    command += ["--checks", "all", "--exclude-checks", "ignored_auth,object_level_authorization"]
    # tus has statuses and a media type of its own; tests/app/test_api_uploads.py holds it.
    command += ["--exclude-path-regex", "^/uploads"]
    command += ["--max-examples", "10", "--seed", "1", "--request-timeout", "30", "--no-color"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.app.openapi_hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command,
        check=False,
        cwd=tmp_path,
        env={**os.environ, **hooks},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
