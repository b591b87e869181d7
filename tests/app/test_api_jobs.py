"""Sending, listing, watching, cancelling and removing jobs over HTTP."""

from __future__ import annotations

import io
import re
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.services import Services, open_services
from tests.app.web import MAX_BYTES, finish, flat_png, get, png, queued, send

FIELDS = {
    "id", "name", "sender", "project", "state", "progress", "position", "width", "height", "mpp",
    "result", "model", "attempts", "created", "started", "finished", "eta_s", "links", "qc",
    "error", "publication",
}  # fmt: skip


def left_in_data_folder(services: Services) -> list[Path]:
    return [path for path in services.incoming.rglob("*") if path.is_file()]


def test_an_image_is_accepted_with_202_and_where_to_follow_it(client: FlaskClient) -> None:
    answer = send(client)
    document = answer.get_json()
    assert answer.status_code == 202
    assert document["state"] == "queued"
    assert answer.headers["Location"] == document["links"]["self"]
    assert document["links"]["page"] == f"/jobs/{document['id']}"


def test_a_batch_that_a_database_could_not_keep_is_refused(client: FlaskClient) -> None:
    assert send(client, batch="mon\0day").status_code == 400


def test_a_job_document_has_the_fields_of_the_contract(client: FlaskClient) -> None:
    link = send(client, mpp="0.5").get_json()["links"]["self"]
    document = client.get(link).get_json()
    assert set(document) == FIELDS
    assert (document["height"], document["width"], document["mpp"]) == (13, 17, 0.5)
    assert (document["position"], document["progress"], document["error"]) == (1, 0, None)


def test_moments_are_utc_with_a_z(client: FlaskClient) -> None:
    document = client.get(send(client).get_json()["links"]["self"]).get_json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["created"])


def test_files_are_linked_once_they_are_there(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    link = f"/api/v1/jobs/{queued(client, services).id}"
    assert set(client.get(link).get_json()["links"]) == {"self", "page", "input", "input_preview"}
    finish(services, tmp_path)
    links = client.get(link).get_json()["links"]
    assert set(links) >= {"result", "png", "result_preview"}
    files = [links[name] for name in ("input", "input_preview", "result", "png", "result_preview")]
    assert [get(client, address).status_code for address in files] == [200] * 5


def test_a_failed_job_says_why(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.fail(claim, "out_of_memory", "the image does not fit")
    document = client.get(f"/api/v1/jobs/{job.id}").get_json()
    assert document["error"] == {"code": "out_of_memory", "message": "the image does not fit"}


def test_an_unknown_job_is_404(client: FlaskClient) -> None:
    answer = client.get("/api/v1/jobs/nobody")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "job_not_found")


def test_the_same_idempotency_key_makes_one_job(client: FlaskClient) -> None:
    ids = {send(client, headers={"Idempotency-Key": "a"}).get_json()["id"] for _ in range(3)}
    assert len(ids) == 1


def test_the_same_idempotency_key_at_once_makes_one_job(web_app: Flask) -> None:
    ids: set[str] = set()
    barrier = Barrier(8)

    def post() -> None:
        barrier.wait()
        ids.add(send(web_app.test_client(), headers={"Idempotency-Key": "b"}).get_json()["id"])

    threads = [Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1


def test_an_idempotency_key_for_another_image_is_409(client: FlaskClient) -> None:
    send(client, headers={"Idempotency-Key": "c"})
    assert send(client, png(seed=1), headers={"Idempotency-Key": "c"}).status_code == 409


@pytest.mark.parametrize("key", ["", " ", "ä", "x" * 129])
def test_an_idempotency_key_that_is_none_is_400(client: FlaskClient, key: str) -> None:
    assert send(client, headers={"Idempotency-Key": key}).status_code == 400


def test_an_unknown_model_is_422_and_names_those_there_are(client: FlaskClient) -> None:
    answer = send(client, model="dream")
    assert answer.status_code == 422
    assert "colour-mapping" in answer.get_json()["error"]["message"]


def test_a_hidden_model_can_be_asked_for(client: FlaskClient, services: Services) -> None:
    assert queued(client, services, model="identity").model == "identity"


@pytest.mark.parametrize("mpp", ["NaN", "inf", "-1", "0", "1e9", "a", "0,5", "1" * 5000])
def test_a_pixel_size_that_cannot_be_is_422(client: FlaskClient, mpp: str) -> None:
    answer = send(client, mpp=mpp)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "unusable_parameter")


def test_no_file_is_400(client: FlaskClient) -> None:
    assert client.post("/api/v1/jobs", data={"model": "identity"}).status_code == 400


def test_no_body_is_400(client: FlaskClient) -> None:
    assert client.post("/api/v1/jobs").status_code == 400


def test_two_files_are_400(client: FlaskClient) -> None:
    files = [(io.BytesIO(png()), "a.png"), (io.BytesIO(png()), "b.png")]
    assert client.post("/api/v1/jobs", data={"file": files}).status_code == 400


def test_a_form_that_breaks_off_is_400(client: FlaskClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png()
    answer = client.post("/api/v1/jobs", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400


def test_a_form_without_a_boundary_is_400(client: FlaskClient) -> None:
    answer = client.post("/api/v1/jobs", data=b"x", content_type="multipart/form-data")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"hello, I am a text", 415),
        (png()[:-40], 422),
        (flat_png(501, 500), 413),
        (bytes(MAX_BYTES + 1), 413),
        (bytes(MAX_BYTES + 100_000), 413),
    ],
    ids=["empty", "text", "cut", "too-many-pixels", "byte-too-many", "far-too-many"],
)
def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing(
    client: FlaskClient, services: Services, data: bytes, status: int
) -> None:
    answer = send(client, data)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"]["message"]
    assert left_in_data_folder(services) == []
    assert list(services.store.keys()) == []
    assert send(client).status_code == 202


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.png",
        "a\x07\u202eb.png",
        '"; x="y.png',
        "x" * 300 + ".png",
        "日本.png",
        "…",
    ],
)
def test_a_file_name_is_only_a_label(client: FlaskClient, services: Services, name: str) -> None:
    job = queued(client, services, name=name)
    document = client.get(f"/api/v1/jobs/{job.id}").get_json()
    assert not re.search(r'[/\\"\n]', document["name"])
    assert len(document["name"]) <= 120
    paths = [str(path) for path in services.settings.data_dir.rglob("*")]
    assert not any(document["name"] in path or "passwd" in path for path in paths)


def test_too_many_parts_are_413(client: FlaskClient) -> None:
    fields = {f"field{number}": "x" for number in range(2000)}
    assert (
        client.post(
            "/api/v1/jobs", data=fields | {"file": (io.BytesIO(png()), "a.png")}
        ).status_code
        == 413
    )


def test_a_field_of_megabytes_is_413(client: FlaskClient) -> None:
    assert send(client, model="x" * 280_000).status_code == 413


def test_a_plain_form_of_megabytes_is_413(client: FlaskClient) -> None:
    assert client.post("/api/v1/jobs", data={"model": "x" * 280_000}).status_code == 413


def test_more_jobs_than_may_wait_are_429_with_retry_after(
    web_app: Flask, services: Services
) -> None:
    client = web_app.test_client()
    strict = services.settings.model_copy(update={"max_queued_per_user": 2})
    web_app.extensions["services"] = open_services(strict)
    answers = [send(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_jobs_are_listed_newest_first_and_in_stretches(
    client: FlaskClient, services: Services
) -> None:
    sent = [queued(client, services).id for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        document = client.get("/api/v1/jobs", query_string=query).get_json()
        seen += [job["id"] for job in document["jobs"]]
        cursor = document["next_cursor"]
    assert seen == sent[::-1]


def test_a_list_can_be_of_one_state(client: FlaskClient, services: Services) -> None:
    kept, stopped = queued(client, services), queued(client, services)
    client.post(f"/api/v1/jobs/{stopped.id}/cancel")
    for state, job in (("queued", kept), ("cancelled", stopped)):
        listed = client.get(f"/api/v1/jobs?state={state}").get_json()["jobs"]
        assert [document["id"] for document in listed] == [job.id]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "state=gone",
        "cursor=x",
        "cursor=",
        "limit=1&limit=2",
    ],
)
def test_a_query_that_cannot_be_is_400(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/jobs?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["message"]


def test_a_queued_job_can_be_cancelled(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    answer = client.post(f"/api/v1/jobs/{job.id}/cancel")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "cancelled")


def test_a_running_job_is_asked_to_stop(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    claim = services.queue.claim("a worker")
    assert claim is not None
    assert client.post(f"/api/v1/jobs/{job.id}/cancel").get_json()["state"] == "running"
    assert services.queue.heartbeat(claim)


def test_cancelling_a_job_that_has_ended_is_409(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path)
    assert client.post(f"/api/v1/jobs/{job.id}/cancel").status_code == 409


def test_deleting_a_job_leaves_nothing_of_it(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path)
    answer = client.delete(f"/api/v1/jobs/{job.id}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(f"/api/v1/jobs/{job.id}").status_code == 404
    assert client.delete(f"/api/v1/jobs/{job.id}").status_code == 404
    assert list(services.store.keys()) == []


def test_a_wrong_method_is_405_and_says_which_are_right(client: FlaskClient) -> None:
    answer = client.put("/api/v1/jobs")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert answer.get_json()["error"]["code"] == "method_not_allowed"


def test_images_of_one_name_are_jobs_of_their_own(client: FlaskClient, services: Services) -> None:
    first, second = (queued(client, services, data=png(seed=seed)) for seed in (1, 2))
    assert first.id != second.id
    links = [client.get(f"/api/v1/jobs/{job.id}").get_json()["links"] for job in (first, second)]
    contents = [get(client, link["input"]).data for link in links]
    assert contents == [png(seed=1), png(seed=2)]
