"""What is told of a job whose result goes to a bucket: before, while it is away, and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.job import Job
from app.services import Services
from tests.app.web import get, hand_over, png, publish, put_off, queued
from tests.bucket import Bucket

AWAY = "the bucket does not answer"
FILES = ("input", "result", "png", "provenance")
PREVIEWS = ("input_preview", "result_preview")


@pytest.fixture
def cloud_app(cloud: Callable[..., Flask]) -> Flask:
    return cloud()


@pytest.fixture
def client(cloud_app: Flask) -> FlaskClient:
    return cloud_app.test_client()


@pytest.fixture
def services(cloud_app: Flask) -> Services:
    found: Services = cloud_app.extensions["services"]
    return found


@pytest.fixture
def waiting(client: FlaskClient, services: Services, tmp_path: Path) -> Job:
    """A job that is handed over."""
    queued(client, services)
    return hand_over(services, tmp_path)


def document(client: FlaskClient, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/jobs/{job.id}").get_json()
    return found


def test_a_result_can_be_had_before_it_is_stored(client: FlaskClient, waiting: Job) -> None:
    told = document(client, waiting)
    assert told["state"] == "publishing"
    for name in (*FILES, *PREVIEWS):
        assert told["links"][name].startswith(f"/results/{waiting.token}/")
        assert get(client, told["links"][name]).status_code == 200


def test_nothing_is_told_of_publishing_while_nothing_went_wrong(
    client: FlaskClient, waiting: Job
) -> None:
    assert document(client, waiting)["publication"] is None


def test_a_try_in_vain_is_told_with_its_reason_and_the_next(
    client: FlaskClient, services: Services, waiting: Job
) -> None:
    put_off(services, AWAY)
    told = document(client, waiting)["publication"]
    assert told.pop("next_try").endswith("Z")
    assert told == {"tries": 1, "code": "bucket_unavailable", "message": AWAY}


def test_lists_and_documents_ask_no_bucket(
    client: FlaskClient, services: Services, bucket: Bucket, tmp_path: Path
) -> None:
    queued(client, services)
    job = publish(services, tmp_path, result=png())
    queued(client, services)
    waiting = hand_over(services, tmp_path)
    queued(client, services)
    bucket.asked.clear()
    for address in ("/api/v1/jobs", "/jobs", "/", f"/jobs/{job.id}", f"/jobs/{waiting.id}"):
        assert client.get(address).status_code == 200
    for which in ("input", "result"):
        assert get(client, f"/jobs/{job.id}/pictures/{which}").status_code == 200
    assert not bucket.asked


@pytest.mark.parametrize(
    ("policy", "begins"), [("public", "{bucket}"), ("signed", "/s/"), ("proxy", "/results/")]
)
def test_a_done_job_links_its_files_as_the_policy_has_it(
    cloud: Callable[..., Flask], bucket: Bucket, tmp_path: Path, policy: str, begins: str
) -> None:
    app = cloud(links=policy)
    client, services = app.test_client(), app.extensions["services"]
    queued(client, services)
    links = document(client, publish_unchecked(services, tmp_path))["links"]
    wanted = begins.format(bucket=bucket.url)
    assert all(links[name].startswith(wanted) for name in FILES)
    assert all(links[name].startswith("/results/") for name in PREVIEWS)


def publish_unchecked(services: Services, folder: Path) -> Job:
    """Done without its links having been tried, which would need keys."""
    job = hand_over(services, folder)
    claim = services.queue.claim_publication("a publisher")
    assert claim is not None
    services.queue.finish(claim, job.objects)
    return services.queue.get(job.id)


def test_a_cancelled_publication_leaves_the_input(
    client: FlaskClient, services: Services, waiting: Job
) -> None:
    client.post(f"/api/v1/jobs/{waiting.id}/cancel")
    claim = services.queue.claim_publication("a publisher")
    assert claim is not None
    services.queue.cancelled(claim)
    links = set(document(client, waiting)["links"])
    assert links == {"self", "page", "input", "input_preview"}


def test_deleting_what_the_bucket_keeps_is_202_with_a_sentence(
    client: FlaskClient, services: Services, bucket: Bucket, tmp_path: Path
) -> None:
    queued(client, services)
    job = publish(services, tmp_path)
    bucket.denied.add("storage.objects.delete")
    answer = client.delete(f"/api/v1/jobs/{job.id}")
    assert answer.status_code == 202
    assert "tried again" in answer.get_json()["message"]
    assert client.get(f"/api/v1/jobs/{job.id}").status_code == 404


def test_deleting_what_the_bucket_lets_go_is_204_and_leaves_nothing(
    client: FlaskClient, services: Services, bucket: Bucket, tmp_path: Path
) -> None:
    queued(client, services)
    job = publish(services, tmp_path)
    assert bucket.objects()
    assert client.delete(f"/api/v1/jobs/{job.id}").status_code == 204
    assert bucket.objects() == {}
    assert list(services.staging.keys()) == []
