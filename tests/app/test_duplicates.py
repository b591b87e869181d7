"""What has been translated already is offered, and only what truly is the same."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app import objects, submissions
from app.job import Job
from app.services import Services
from app.settings import ServeSettings
from tests.app.people import program, server_of, services_of
from tests.app.web import finish, png, publish, queued, send

IMAGE = png(seed=7)


def scaled_png() -> bytes:
    """A PNG whose file says that a pixel is 0.5 µm."""
    stream = io.BytesIO()
    Image.new("RGB", (9, 7), (90, 40, 160)).save(stream, "PNG", dpi=(50_800, 50_800))
    return stream.getvalue()


def asked(client: FlaskClient, data: bytes = IMAGE, **query: Any) -> str | None:
    """The id of the job that is offered for an image about to be sent."""
    query["sha256"] = hashlib.sha256(data).hexdigest()
    answer = client.get("/api/v1/translations", query_string=query)
    assert answer.status_code == 200, answer.text
    job = answer.get_json()["job"]
    return job["id"] if job else None


@pytest.fixture
def done(client: FlaskClient, services: Services, tmp_path: Path) -> Callable[..., Job]:
    """Sends an image and has it translated."""

    def send_and_finish(data: bytes = IMAGE, **fields: Any) -> Job:
        queued(client, services, data=data, **fields)
        return finish(services, tmp_path)

    return send_and_finish


def test_nothing_is_offered_for_an_image_that_was_never_translated(
    client: FlaskClient, services: Services, done: Callable[..., Job]
) -> None:
    done(png(seed=8))
    queued(client, services, data=IMAGE)
    assert asked(client) is None


def test_the_latest_translation_of_the_same_bytes_is_offered_before_a_byte_is_sent(
    client: FlaskClient, done: Callable[..., Job]
) -> None:
    jobs = [done(), done(name="of another name.png")]
    assert asked(client) == jobs[-1].id


def test_one_by_another_model_is_another_translation(
    client: FlaskClient, done: Callable[..., Job]
) -> None:
    job = done(model="identity")
    assert asked(client) is None
    assert asked(client, model="identity") == job.id


def test_one_by_a_model_that_has_been_trained_anew_since_is_another_translation(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services, data=IMAGE)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.publishing(claim, {"weights_sha256": "0" * 64})
    (tmp_path / "result").write_bytes(b"II*\0")
    objects.keep(services.staging, claim.job, objects.RESULT, tmp_path / "result")
    services.queue.finish(claim, (claim.job.input_name, objects.RESULT))
    assert asked(client) is None


def test_one_at_another_pixel_size_is_another_translation(
    client: FlaskClient, done: Callable[..., Job]
) -> None:
    job = done(mpp="0.5")
    assert asked(client, mpp="0.5") == job.id
    assert asked(client, mpp="0.25") is None
    assert asked(client) is None  # then it would be what the file says, which is nothing


def test_a_pixel_size_that_is_left_out_is_that_of_the_file(
    client: FlaskClient, done: Callable[..., Job]
) -> None:
    job = done(scaled_png())
    assert asked(client, scaled_png()) == asked(client, scaled_png(), mpp="0.5") == job.id
    assert asked(client, scaled_png(), mpp="0.25") is None


def test_one_whose_result_is_gone_is_not_offered(
    client: FlaskClient, services: Services, done: Callable[..., Job]
) -> None:
    deleted, kept = done(), done()
    submissions.remove(services, deleted.id)
    assert asked(client) == kept.id
    services.store.delete(kept.key(objects.RESULT))
    assert asked(client) is None


def test_a_result_in_a_bucket_is_offered_while_the_bucket_answers(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud()
    client, services = app.test_client(), app.extensions["services"]
    queued(client, services, data=IMAGE)
    job = publish(services, tmp_path)
    assert asked(client) == job.id
    services.store.delete(job.key(objects.RESULT))
    assert asked(client) is None


def test_sending_it_again_makes_a_job_that_tells_of_the_earlier_one(
    client: FlaskClient, done: Callable[..., Job]
) -> None:
    assert send(client, IMAGE).get_json()["known"] is None
    earlier = done()
    answer = send(client, IMAGE)
    assert answer.status_code == 202
    assert answer.get_json()["id"] != earlier.id
    assert answer.get_json()["known"]["links"]["page"] == f"/jobs/{earlier.id}"


def test_the_page_of_a_job_that_repeats_another_leads_to_it(
    client: FlaskClient, services: Services, done: Callable[..., Job]
) -> None:
    earlier = done()
    page = client.get(f"/jobs/{queued(client, services, data=IMAGE).id}").text
    assert "has been translated before" in page
    assert f'href="/jobs/{earlier.id}"' in page
    assert "translated before" not in client.get(f"/jobs/{earlier.id}").text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"sha256": "abc"}, 400),
        ({"sha256": "g" * 64}, 400),
        ({"sha256": "a" * 64, "model": "dream"}, 404),
        ({"sha256": "a" * 64, "mpp": "NaN"}, 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    client: FlaskClient, query: dict[str, str], status: int
) -> None:
    assert client.get("/api/v1/translations", query_string=query).status_code == status


def test_nobody_learns_what_others_have_sent(web_settings: ServeSettings, tmp_path: Path) -> None:
    app = server_of(web_settings)
    owner, other = (program(app, name) for name in ("ada", "bob"))
    queued(owner, services_of(app), data=IMAGE)
    job = finish(services_of(app), tmp_path)
    assert asked(owner) == job.id
    assert asked(other) is None
    assert send(other, IMAGE).get_json()["known"] is None
