"""Regions by HTTP: asked for, told of, looked at and dropped, by those who may."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.audit import Wanted
from app.services import Services
from app.settings import ServeSettings
from app.submissions import remove
from app.trial import INPUT, KEPT, MOST_PX, PICTURE, Made
from app.trials import WAITING_PER_USER
from tests.app.people import program, server_of, services_of
from tests.app.web import finish, flat_png, get, queued, send

REGION = {"y": 2, "x": 3, "height": 5, "width": 7}
MADE = Made(y=2, x=3, height=5, width=7, height_px=5, width_px=7, seconds=0.5, notes=("Scaled.",))


def ask(client: FlaskClient, job_id: str, **body: Any) -> TestResponse:
    asked = {"region": REGION, "models": ["colour-mapping"], **body}
    return client.post(f"/api/v1/jobs/{job_id}/trials", json=asked)


def done(services: Services, made: Made = MADE) -> str:
    """Do with the next trial what a worker does; returns its id."""
    trial = services.trials.claim("a worker")
    assert trial is not None
    folder = services.tried / trial.job / trial.id
    folder.mkdir(parents=True)
    picture = Image.new("RGB", (7, 5), (200, 100, 180))
    picture.save(folder / PICTURE)
    picture.save(folder / INPUT)
    services.trials.finish(trial, made)
    return trial.id


def refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


def test_a_region_is_asked_for_by_several_models_and_looked_at(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    answer = ask(client, job.id, models=["colour-mapping", "muse2he"])
    assert answer.status_code == 202
    first, second = answer.get_json()["trials"]
    assert [first["model"], second["model"]] == ["colour-mapping", "muse2he"]
    assert (first["state"], first["region"], first["made"]) == ("queued", REGION, None)
    assert done(services) == first["id"]
    document = client.get(first["links"]["self"]).get_json()
    assert (document["state"], document["made"]["seconds"]) == ("done", 0.5)
    for link, kind in (("picture", "PNG"), ("input", "JPEG")):
        shown = get(client, document["links"][link])
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(shown.data)) as picture:
            assert (picture.format, picture.size) == (kind, (7, 5))
    listed = client.get(f"/api/v1/jobs/{job.id}/trials").get_json()["trials"]
    assert [one["state"] for one in listed] == ["queued", "done"]


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_an_image_whose_job_has_ended_has_regions_too(
    client: FlaskClient, services: Services, tmp_path: Path, state: str
) -> None:
    job = queued(client, services)
    if state == "cancelled":
        services.queue.cancel(job.id)
    elif state == "done":
        finish(services, tmp_path)
    else:
        claim = services.queue.claim("a worker")
        assert claim is not None
        services.queue.fail(claim, "corrupt_image", "it is damaged")
    assert services.queue.get(job.id).state == state
    assert ask(client, job.id).status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"region": {**REGION, "x": 11}}, 422, "unusable_parameter"),
        ({"region": {**REGION, "height": 0}}, 422, "unprocessable_entity"),
        ({"region": {**REGION, "y": -1}}, 422, "unprocessable_entity"),
        ({"region": {**REGION, "y": 0.5}}, 422, "unprocessable_entity"),
        ({"models": []}, 422, "unprocessable_entity"),
        ({"models": ["colour-mapping"] * 2}, 422, "unprocessable_entity"),
        ({"models": ["no-such"]}, 422, "unusable_model"),
        ({"models": ["../../etc"]}, 422, "unusable_model"),
        ({"colour": "red"}, 422, "unprocessable_entity"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: FlaskClient, services: Services, body: dict[str, Any], status: int, code: str
) -> None:
    job = queued(client, services)
    assert refusal(ask(client, job.id, **body)) == (status, code)
    assert services.trials.of_job(job.id) == []


@pytest.fixture
def large(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings, max_pixels=10**8)


def test_a_region_that_is_too_large_is_refused_with_what_to_do(large: Flask) -> None:
    ada = program(large, "ada")
    job_id = send(ada, flat_png(2100, 2100)).get_json()["id"]
    region = {"y": 0, "x": 0, "height": 2048, "width": 2049}
    assert region["height"] * region["width"] > MOST_PX
    answer = ask(ada, job_id, region=region)
    assert refusal(answer) == (422, "region_too_large")
    assert "draw a smaller region" in answer.get_json()["error"]["message"]
    assert ask(ada, job_id, region={**region, "width": 2048}).status_code == 202


def test_a_model_that_makes_more_pixels_of_it_is_reckoned_with(large: Flask) -> None:
    ada = program(large, "ada")
    job_id = send(ada, flat_png(600, 600), mpp="2").get_json()["id"]
    region = {"y": 0, "x": 0, "height": 600, "width": 600}
    answer = ask(ada, job_id, region=region, models=["muse2he"])
    assert refusal(answer) == (422, "region_too_large")
    assert "2,400 x 2,400 px" in answer.get_json()["error"]["message"]
    assert ask(ada, job_id, region=region).status_code == 202


def test_somebody_elses_image_and_its_regions_are_not_there(web_settings: ServeSettings) -> None:
    app = server_of(web_settings)
    ada, eve, root = program(app, "ada"), program(app, "eve"), program(app, "root", "admin")
    job_id = send(ada).get_json()["id"]
    (trial,) = ask(ada, job_id).get_json()["trials"]
    done(services_of(app))
    assert refusal(ask(eve, job_id)) == (404, "job_not_found")
    own = trial["links"]["self"]
    for address in (f"/api/v1/jobs/{job_id}/trials", own, f"{own}/he.png", f"{own}/input.jpg"):
        assert get(eve, address).status_code == 404
        assert get(root, address).status_code == get(ada, address).status_code == 200
    assert eve.delete(own).status_code == 404
    page = {"Accept": "text/html"}
    assert get(eve, f"/jobs/{job_id}/try", headers=page).status_code == 404
    again = eve.post(f"/api/v1/jobs/{job_id}/translations", json={"model": "colour-mapping"})
    assert refusal(again) == (404, "job_not_found")


def test_who_may_only_look_asks_for_nothing(web_settings: ServeSettings) -> None:
    app = server_of(web_settings)
    job_id = send(program(app, "ada")).get_json()["id"]
    viewer = program(app, "vic", "viewer")
    assert ask(viewer, job_id).status_code == 403


def test_a_user_waits_for_so_many_regions_and_others_are_not_held_up(
    web_settings: ServeSettings,
) -> None:
    app = server_of(web_settings)
    ada, bob = program(app, "ada"), program(app, "bob")
    job_id = send(ada).get_json()["id"]
    four = ["colour-mapping", "muse2he", "identity"]
    for _ in range(WAITING_PER_USER // len(four)):
        assert ask(ada, job_id, models=four).status_code == 202
    refused = ask(ada, job_id)
    assert refusal(refused) == (429, "trials_waiting")
    assert int(refused.headers["Retry-After"]) > 0
    (his,) = ask(bob, send(bob).get_json()["id"]).get_json()["trials"]
    services = services_of(app)
    assert services.trials.claim("a worker") is not None
    second = services.trials.claim("a worker")
    assert second is not None
    assert second.id == his["id"]


def test_regions_are_asked_for_only_so_often(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    for _ in range(30):
        assert ask(client, job.id).status_code == 202
        done(services)
    assert refusal(ask(client, job.id)) == (429, "too_often")


def test_a_dropped_region_is_gone_with_its_pictures(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    (trial,) = ask(client, job.id).get_json()["trials"]
    done(services)
    assert client.delete(trial["links"]["self"]).status_code == 204
    assert client.get(trial["links"]["self"]).status_code == 404
    assert list(services.tried.glob("*/*")) == []


def test_regions_go_with_their_job(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    (trial,) = ask(client, job.id).get_json()["trials"]
    done(services)
    remove(services, job.id)
    assert client.get(trial["links"]["self"]).status_code == 404
    assert list(services.tried.iterdir()) == []


def test_a_failed_region_says_why(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    ask(client, job.id)
    trial = services.trials.claim("a worker")
    assert trial is not None
    services.trials.fail(trial, "out_of_memory", "it took too much")
    (shown,) = client.get(f"/api/v1/jobs/{job.id}/trials").get_json()["trials"]
    assert shown["error"] == {"code": "out_of_memory", "message": "It took too much."}
    assert "picture" not in shown["links"]


def test_pictures_are_told_to_be_removed_after_a_day(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    (told,) = ask(client, job.id).get_json()["trials"]
    (trial,) = services.trials.of_job(job.id)
    assert told["expires"][:19] == f"{trial.created + KEPT:%Y-%m-%dT%H:%M:%S}"


def test_asking_and_looking_leave_their_lines(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    ask(client, job.id)
    trial_id = done(services)
    get(client, f"/api/v1/trials/{trial_id}/he.png")
    acts = [(entry.action, entry.object) for entry in services.audit.read(Wanted())]
    assert acts[1:] == [
        ("try", f"job:{job.id}"),
        ("view", f"job:{job.id}/trial:{trial_id}/he.png"),
    ]


def test_the_whole_image_is_translated_again_without_being_sent_again(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services, mpp="0.4")
    finish(services, tmp_path)
    answer = client.post(f"/api/v1/jobs/{job.id}/translations", json={"model": "colour-mapping"})
    assert answer.status_code == 202
    again = services.queue.get(answer.get_json()["id"])
    assert again.id != job.id
    assert (again.model, again.name, again.mpp) == ("colour-mapping", "kidney.png", 0.4)
    assert again.input_sha256 == job.input_sha256
    assert answer.headers["Location"] == f"/api/v1/jobs/{again.id}"


def test_an_image_that_is_not_kept_any_more_is_not_translated_again(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    services.staging.delete(job.key(job.input_name))
    assert refusal(ask(client, job.id)) == (409, "input_gone")
    again = client.post(f"/api/v1/jobs/{job.id}/translations", json={"model": "colour-mapping"})
    assert refusal(again) == (409, "input_gone")
