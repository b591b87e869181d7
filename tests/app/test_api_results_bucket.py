"""The files of jobs that are in a bucket, handed out by the service itself."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.job import Job
from app.services import Services
from app.stores.store import StoreUnavailable
from tests.app.web import get, publish, queued
from tests.bucket import READS, Bucket

RESULT = np.random.default_rng(1).bytes(5_000_001)
LARGE_BYTES = 60_000_000


@pytest.fixture
def cloud_app(cloud: Callable[..., Flask]) -> Flask:
    return cloud(links="proxy")


@pytest.fixture
def client(cloud_app: Flask) -> FlaskClient:
    return cloud_app.test_client()


@pytest.fixture
def job(client: FlaskClient, cloud_app: Flask, tmp_path: Path) -> Job:
    services: Services = cloud_app.extensions["services"]
    queued(client, services, name="Niere ü.png")
    return publish(services, tmp_path, result=RESULT)


@pytest.fixture
def link(job: Job) -> str:
    return f"/results/{job.token}/result.tif"


def test_a_file_comes_as_it_was_stored(client: FlaskClient, link: str, bucket: Bucket) -> None:
    answer = get(client, link)
    assert answer.data == RESULT
    assert answer.content_length == len(RESULT)
    assert bucket.asked["read"]


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("0-0", slice(0, 1)),
        ("3000000-4999999", slice(3_000_000, 5_000_000)),
        ("-7", slice(4_999_994, 5_000_001)),
    ],
)
def test_a_part_comes_without_the_rest(
    client: FlaskClient, link: str, bucket: Bucket, asked: str, part: slice
) -> None:
    bucket.asked.clear()
    answer = get(client, link, headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/5000001"
    assert answer.data == RESULT[part]
    assert bucket.asked["read"] == 1


def test_beyond_the_end_is_416(client: FlaskClient, link: str) -> None:
    answer = get(client, link, headers={"Range": "bytes=5000001-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */5000001"


def test_headers_and_known_files_are_answered_without_reading(
    client: FlaskClient, link: str, bucket: Bucket
) -> None:
    bucket.asked.clear()
    head = client.head(link, buffered=True)
    known = get(client, link, headers={"If-None-Match": head.headers["ETag"]})
    assert (head.status_code, head.content_length) == (200, len(RESULT))
    assert known.status_code == 304
    assert bucket.asked["read"] == 0


@pytest.mark.parametrize(
    ("name", "way", "saved_as"),
    [
        ("result.tif", "attachment", "Niere%20%C3%BC-he.tif"),
        ("result.png", "inline", "Niere%20%C3%BC-he.png"),
        ("provenance.json", "inline", "Niere%20%C3%BC-he.json"),
        ("input.png", "inline", "Niere%20%C3%BC.png"),
    ],
)
def test_what_browsers_can_show_is_shown_and_the_rest_saved_under_its_name(
    client: FlaskClient, job: Job, name: str, way: str, saved_as: str
) -> None:
    disposition = get(client, f"/results/{job.token}/{name}").headers["Content-Disposition"]
    assert disposition.startswith(way)
    assert disposition.endswith(f"filename*=UTF-8''{saved_as}")


def test_names_that_anybody_can_make_up_ask_no_bucket(
    client: FlaskClient, job: Job, bucket: Bucket
) -> None:
    bucket.asked.clear()
    assert client.get(f"/results/{job.token}/anything.tif").status_code == 404
    assert not bucket.asked


def test_what_the_bucket_has_lost_is_404(client: FlaskClient, link: str, bucket: Bucket) -> None:
    bucket.remove("results")
    bucket.create("results")
    assert get(client, link).status_code == 404


def test_a_bucket_that_refuses_is_503_with_what_to_grant(
    client: FlaskClient, link: str, bucket: Bucket
) -> None:
    bucket.denied.add("storage.objects.get")
    answer = client.get(link)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "store_refused"
    assert "roles/" in answer.get_json()["error"]["message"]


def test_a_bucket_that_refuses_to_be_read_is_503_before_a_byte_is_sent(
    client: FlaskClient, link: str, bucket: Bucket
) -> None:
    bucket.faults.refuse(403, times=100, on=READS)
    assert client.get(link).status_code == 503


def test_a_file_that_breaks_off_does_not_end_as_if_it_were_whole(
    client: FlaskClient, link: str, bucket: Bucket
) -> None:
    answer = client.get(link, buffered=False)
    pieces = iter(answer.response)
    next(pieces)
    bucket.denied.add("storage.objects.get")
    with pytest.raises(StoreUnavailable):
        list(pieces)
    answer.close()


def test_memory_does_not_grow_with_the_file(
    client: FlaskClient, cloud_app: Flask, bucket: Bucket, tmp_path: Path, job: Job
) -> None:
    large = tmp_path / "large.tif"
    with large.open("wb") as file:
        file.truncate(LARGE_BYTES)
    services: Services = cloud_app.extensions["services"]
    key = job.key("result.tif")
    services.store.delete(key)
    services.store.put(key, large, content_type="image/tiff", download_name="large.tif")
    tracemalloc.start()
    answer = client.get(f"/results/{job.token}/result.tif", buffered=False)
    size = sum(len(piece) for piece in answer.response)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == LARGE_BYTES
    assert peak < 30_000_000
