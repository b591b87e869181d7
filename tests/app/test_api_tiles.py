"""Deep Zoom tiles over HTTP: what is in them, how long they last, and who gets none."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.job import Job
from app.services import Services
from app.settings import ServeSettings
from cyclegan.images.image import Pixels
from tests.app.people import program, server_of
from tests.app.pyramids import finish_with_pictures
from tests.app.web import finish, get, publish_due, queued
from tests.running import noise

BEFORE, AFTER = noise(300, 520, seed=1), noise(300, 520, seed=2)


@pytest.fixture
def job(client: FlaskClient, services: Services, tmp_path: Path) -> Job:
    queued(client, services)
    return finish_with_pictures(services, tmp_path, before=BEFORE, after=AFTER)


def pixels(client: FlaskClient, address: str) -> Pixels:
    answer = get(client, address)
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.data)) as image:
        return np.asarray(image)


def test_tiles_without_loss_put_together_are_the_result(client: FlaskClient, job: Job) -> None:
    document = get(client, f"/api/v1/jobs/{job.id}").get_json()
    address = document["links"]["result_tiles"]
    size = ElementTree.fromstring(get(client, address).text)[0].attrib  # noqa: S314 - ours
    assert size == {"Width": "520", "Height": "300"}
    base = address.removesuffix(".dzi") + "_files/10"
    rows = [
        np.concatenate([pixels(client, f"{base}/{x}_{y}.png") for x in range(3)], axis=1)
        for y in range(2)
    ]
    assert (np.concatenate(rows) == AFTER).all()


def test_what_viewers_ask_for_is_jpeg_of_the_right_picture(client: FlaskClient, job: Job) -> None:
    for which, whole in (("input", BEFORE), ("result", AFTER)):
        answer = get(client, f"/tiles/{job.id}/{which}_files/10/2_1.jpg")
        assert answer.content_type == "image/jpeg"
        shown = pixels(client, f"/tiles/{job.id}/{which}_files/10/2_1.jpg")
        assert shown.shape == (44, 8, 3)
        assert np.abs(shown.astype(int) - whole[256:, 512:]).mean() < 20


def test_tiles_last_but_only_in_the_browser_of_whoever_asked(client: FlaskClient, job: Job) -> None:
    address = f"/tiles/{job.id}/result_files/9/0_0.jpg"
    headers = get(client, address).headers
    assert {"private", "immutable"} <= set(headers["Cache-Control"].split(", "))
    again = get(client, address, headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


HOSTILE = [
    "input.dzi/",
    "other.dzi",
    "input_files/11/0_0.jpg",
    "input_files/10/3_0.jpg",
    "input_files/10/0_2.jpg",
    "input_files/99999999999999999999999999/0_0.jpg",
    "input_files/10/18446744073709551616_0.jpg",
    "input_files/-1/0_0.jpg",
    "input_files/10/-1_0.jpg",
    "input_files/10/0_0.webp",
    "input_files/10/0_0.jpg/../../../secret.key",
    "input_files/1e1/0_0.jpg",
    "input_files/10/0_0_0.jpg",
    "%2e%2e_files/10/0_0.jpg",
    "input%00.dzi",
    "..%2f..%2fresults.dzi",
]


def test_other_addresses_are_404_and_the_next_request_is_served(
    client: FlaskClient, job: Job
) -> None:
    for address in HOSTILE:
        answer = get(client, f"/tiles/{job.id}/{address}")
        assert answer.status_code == 404, address
        assert answer.get_json()["error"]["message"]
    assert get(client, f"/tiles/{job.id}/input_files/10/0_0.jpg").status_code == 200


def test_the_token_of_shared_links_opens_no_tiles(client: FlaskClient, job: Job) -> None:
    assert get(client, f"/tiles/{job.token}/input.dzi").status_code == 404


def test_a_job_that_is_not_done_has_no_tiles(client: FlaskClient, services: Services) -> None:
    waiting = queued(client, services)
    for which in ("input", "result"):
        assert get(client, f"/tiles/{waiting.id}/{which}.dzi").status_code == 404


def test_a_deleted_job_has_no_tiles_though_some_were_seen(client: FlaskClient, job: Job) -> None:
    address = f"/tiles/{job.id}/result_files/10/0_0.jpg"
    assert get(client, address).status_code == 200
    client.delete(f"/api/v1/jobs/{job.id}")
    assert get(client, address).status_code == 404


def test_jobs_of_earlier_versions_have_tiles_of_their_result_only(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    old = finish(services, tmp_path)
    links = get(client, f"/api/v1/jobs/{old.id}").get_json()["links"]
    assert "input_tiles" not in links
    assert get(client, f"/tiles/{old.id}/input.dzi").status_code == 404


def test_a_result_that_is_damaged_says_so(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    job = finish(services, tmp_path)
    for result in ("result.dzi", "result_files/0/0_0.jpg"):
        answer = get(client, f"/tiles/{job.id}/{result}")
        assert (answer.status_code, "damaged" in answer.text) == (422, True)


def test_tiles_of_a_published_job_come_from_the_bucket(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud(links="proxy")
    services: Services = app.extensions["services"]
    queued(app.test_client(), services)
    job = finish_with_pictures(services, tmp_path, before=BEFORE, after=AFTER, hands_over=True)
    publish_due(services, job)
    assert not list(services.staging.keys(job.key("result.tif")))
    tile = pixels(app.test_client(), f"/tiles/{job.id}/result_files/10/1_0.png")
    assert (tile == AFTER[:256, 256:512]).all()


def test_somebody_elses_pictures_are_as_if_there_were_none(
    web_settings: ServeSettings, tmp_path: Path
) -> None:
    app = server_of(web_settings)
    services: Services = app.extensions["services"]
    owner, other = program(app, "ann"), program(app, "bob")
    queued(owner, services)
    job = finish_with_pictures(services, tmp_path, before=BEFORE, after=AFTER)
    for address in ("tiles/{}/result.dzi", "tiles/{}/input_files/10/0_0.jpg", "jobs/{}/view"):
        answers = [get(client, f"/{address.format(job.id)}") for client in (owner, other)]
        assert [answer.status_code for answer in answers] == [200, 404]
    assert get(app.test_client(), f"/tiles/{job.id}/result.dzi").status_code == 401
