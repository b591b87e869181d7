"""The links that people keep: good from the first sight of a result until it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app.job import Job
from app.services import Services
from tests.app.web import finish, get, hand_over, publish, publish_due, queued
from tests.bucket import Bucket

RESULT = b"II*\0 the result"
POLICIES = ("public", "signed", "proxy")


@pytest.fixture
def cloud_app(
    cloud: Callable[..., Flask],
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Flask:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(bucket.key_file(tmp_path)))
    return cloud(links=getattr(request, "param", "public"))


@pytest.fixture
def cloud_client(cloud_app: Flask) -> FlaskClient:
    return cloud_app.test_client()


@pytest.fixture
def cloud_services(cloud_app: Flask) -> Services:
    found: Services = cloud_app.extensions["services"]
    return found


@pytest.fixture
def published(cloud_client: FlaskClient, cloud_services: Services, tmp_path: Path) -> Job:
    queued(cloud_client, cloud_services, name="Niere ü.png")
    return publish(cloud_services, tmp_path, result=RESULT)


def followed(client: FlaskClient, address: str) -> bytes:
    """What somebody without credentials finds behind a link."""
    if address.startswith("/"):
        return bytes(get(client, address).data)
    answer = requests.get(address, timeout=30)
    answer.raise_for_status()
    return answer.content


@pytest.mark.parametrize("cloud_app", POLICIES, indirect=True)
def test_a_link_stays_good_from_before_publishing_until_after(
    cloud_client: FlaskClient, cloud_services: Services, tmp_path: Path
) -> None:
    queued(cloud_client, cloud_services)
    job = hand_over(cloud_services, tmp_path, result=RESULT)
    before = cloud_client.get(f"/s/{job.token}")
    assert (before.status_code, before.location) == (302, f"/results/{job.token}/result.tif")
    assert followed(cloud_client, before.location) == RESULT
    publish_due(cloud_services, job)
    after = cloud_client.get(f"/s/{job.token}")
    assert after.status_code == 302
    assert followed(cloud_client, after.location) == RESULT


@pytest.mark.parametrize("cloud_app", POLICIES, indirect=True)
def test_every_file_of_a_job_has_a_link(cloud_client: FlaskClient, published: Job) -> None:
    for name in published.objects:
        answer = cloud_client.get(f"/s/{published.token}/{name}")
        assert answer.status_code == 302
        assert followed(cloud_client, answer.location)


@pytest.mark.parametrize("cloud_app", ["signed"], indirect=True)
def test_signed_links_lead_to_an_address_that_expires(
    cloud_client: FlaskClient, published: Job
) -> None:
    answer = cloud_client.get(f"/s/{published.token}/result.png")
    assert "X-Goog-Signature=" in answer.location
    assert "X-Goog-Expires=86400" in answer.location
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("cloud_app", ["signed"], indirect=True)
@pytest.mark.parametrize(
    "name", ["else.tif", "about.json", "..", "../x/result.tif", "result.tif%00", "input.jpg"]
)
def test_nothing_but_files_of_the_job_is_ever_signed(
    cloud_client: FlaskClient, published: Job, name: str
) -> None:
    assert cloud_client.get(f"/s/{published.token}/{name}").status_code == 404


@pytest.mark.parametrize("cloud_app", ["signed"], indirect=True)
def test_the_jobs_own_number_is_no_link(cloud_client: FlaskClient, published: Job) -> None:
    assert cloud_client.get(f"/s/{published.id}").status_code == 404


def test_a_deleted_jobs_link_is_404(cloud_client: FlaskClient, published: Job) -> None:
    cloud_client.delete(f"/api/v1/jobs/{published.id}")
    assert cloud_client.get(f"/s/{published.token}").status_code == 404


def test_a_result_that_is_not_there_yet_is_404(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    assert client.get(f"/s/{job.token}").status_code == 404
    assert client.get(f"/s/{job.token}/input.png").status_code == 302


def test_links_of_a_service_without_a_bucket_lead_to_its_own_files(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path, result=RESULT)
    answer = client.get(f"/s/{job.token}")
    assert answer.location == f"/results/{job.token}/result.tif"
    assert get(client, answer.location).data == RESULT
