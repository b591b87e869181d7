"""What was sent together, over HTTP: its document, its ZIP and its table."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import objects
from app.archive import has_result
from app.job import Claim, Job
from app.refusals import JobNotFound
from app.services import Services, open_services
from app.settings import ServeSettings
from app.stores.store import NotStored
from tests.app.people import account, program, server_of, services_of
from tests.app.web import Server, complete, finish, get, png, publish, queued

HOSTILE = ("=cmd|' /C calc'!A0.png", "+1+1.png", "-1.png", "@SUM(1).png", 'ü,"é;.png', "＝1.png")


def table_of(content: bytes) -> list[dict[str, str]]:
    """The lines of a CSV, as a program reads them."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def in_zip(content: bytes) -> dict[str, bytes]:
    """The files of a ZIP whose sums are right, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def send(client: FlaskClient, services: Services) -> Callable[[str], Job]:
    """Sends an image of a name with the batch `monday`."""
    return lambda name: queued(client, services, name=name, batch="monday")


def address(job: Job, file: str = "") -> str:
    return f"/batches/{job.batch_id}/{file}" if file else f"/api/v1/batches/{job.batch_id}"


def test_a_batch_tells_how_many_are_done_and_failed_and_wait(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    jobs = [send(name) for name in ("one.png", "two.png", "three.png")]
    finish(services, tmp_path)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.fail(claim, "corrupt_image", "the file is cut short")
    document = client.get(address(jobs[0])).get_json()
    counts = {state: count for state, count in document["counts"].items() if count}
    assert counts == {"done": 1, "failed": 1, "queued": 1}
    assert document["total"] == 3
    assert document["progress"] == pytest.approx(2 / 3)
    assert [image["name"] for image in document["images"]] == ["one.png", "two.png", "three.png"]
    assert document["images"][1]["error"]["message"] == "the file is cut short"
    assert "result" in document["images"][0]["links"]


def test_a_job_leads_to_its_batch_and_the_batch_to_its_files(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    job = send("one.png")
    finish(services, tmp_path)
    link = client.get(f"/api/v1/jobs/{job.id}").get_json()["links"]["batch"]
    links = client.get(link).get_json()["links"]
    assert links["self"] == link
    assert get(client, links["results"]).status_code == 200
    assert get(client, links["table"]).status_code == 200


def test_a_batch_that_has_not_changed_is_not_sent_again(
    client: FlaskClient, services: Services, send: Callable[[str], Job]
) -> None:
    link = address(send("one.png"))
    seen = client.get(link).headers["ETag"]
    assert client.get(link, headers={"If-None-Match": seen}).status_code == 304
    send("two.png")
    assert client.get(link, headers={"If-None-Match": seen}).status_code == 200


def test_the_zip_holds_every_result_and_a_table_of_all_images(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    results = {name: name.encode() * 50_000 for name in ("one.png", "two.png")}
    jobs = [send(name) for name in results]
    for result in results.values():
        finish(services, tmp_path, result=result)
    send("waiting.png")
    answer = get(client, address(jobs[0], "results.zip"))
    assert answer.content_length == len(answer.data)
    assert answer.mimetype == "application/zip"
    files = in_zip(answer.data)
    table = table_of(files.pop("images.csv"))
    assert files == {"one-he.tif": results["one.png"], "two-he.tif": results["two.png"]}
    assert [(row["file"], row["state"]) for row in table] == [
        ("one-he.tif", "done"),
        ("two-he.tif", "done"),
        ("", "queued"),
    ]


def test_images_of_one_name_do_not_replace_each_other_wherever_they_are_unpacked(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    names = ("a.png", "A.PNG", "a.tif", "../../a.png", "con.png", "x/..", "é.png", "e\u0301.png")
    jobs = [send(name) for name in names]
    for number, _ in enumerate(jobs):
        finish(services, tmp_path, result=str(number).encode())
    files = in_zip(get(client, address(jobs[0], "results.zip")).data)
    del files["images.csv"]
    assert sorted(files.values()) == [str(n).encode() for n in range(len(names))]
    assert len({name.casefold() for name in files}) == len(names)
    assert not any("/" in name or "\\" in name or name.startswith(".") for name in files)
    assert not any(name.lower().startswith("con") for name in files)


def test_a_batch_without_a_result_has_no_zip_and_says_so(
    client: FlaskClient, send: Callable[[str], Job]
) -> None:
    answer = client.get(address(send("one.png"), "results.zip"))
    assert answer.status_code == 409
    assert "result" in answer.get_json()["error"]["message"]


def test_a_zip_whose_result_goes_away_meanwhile_breaks_off_and_never_opens(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    jobs = [send(name) for name in ("one.png", "two.png")]
    for _ in jobs:
        finish(services, tmp_path, result=bytes(3_000_000))
    answer = client.get(address(jobs[0], "results.zip"))
    pieces = answer.iter_encoded()
    came = bytearray(next(pieces))
    services.store.delete(jobs[1].key(objects.RESULT))
    with pytest.raises(NotStored):
        came.extend(b"".join(pieces))
    answer.close()
    assert len(came) < int(answer.headers["Content-Length"])
    with pytest.raises(zipfile.BadZipFile):
        in_zip(bytes(came))


@pytest.mark.parametrize("how", ["disabled", "revoked"])
def test_a_zip_ends_with_the_next_result_once_its_reader_may_not_see_it(
    web_settings: ServeSettings, tmp_path: Path, how: str
) -> None:
    app = server_of(web_settings)
    kept, ada = services_of(app), account(app, "ada")
    client = program(app, "ada")
    jobs = [queued(client, kept, name=name, batch="b") for name in ("one.png", "two.png")]
    for _ in jobs:
        finish(kept, tmp_path, result=bytes(3_000_000))
    answer = client.get(address(jobs[0], "results.zip"), buffered=False)
    pieces = answer.iter_encoded()
    came = next(pieces)
    if how == "disabled":
        kept.accounts.set_active(account(app, "root", "admin").id, active=True)
        kept.accounts.set_active(ada.id, active=False)
    else:
        for token in kept.tokens.of(ada):
            kept.tokens.revoke(ada, token.number)
    with pytest.raises(JobNotFound):
        came += b"".join(pieces)
    answer.close()
    assert len(came) < 3_100_000


def test_a_zip_whose_first_result_is_gone_is_an_error_at_once(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    job = send("one.png")
    finish(services, tmp_path)
    services.store.delete(job.key(objects.RESULT))
    answer = client.get(address(job, "results.zip"))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "file_not_found")


def test_the_table_opens_in_spreadsheets_and_computes_nothing(
    client: FlaskClient, services: Services, send: Callable[[str], Job], tmp_path: Path
) -> None:
    jobs = [send(name) for name in HOSTILE]
    finish(services, tmp_path, result=b"12345")
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.fail(claim, "x", '=HYPERLINK("http://evil.example")')
    answer = get(client, address(jobs[0], "links.csv"))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    table = table_of(answer.data)
    assert len(table) == len(HOSTILE)
    assert [row["name"].lstrip("'") for row in table] == [job.name for job in jobs]
    dangerous = [cell for row in table for cell in row.values() if cell[:1] in set("=+-@＝")]
    assert dangerous == []
    assert table[1]["error"].startswith("'=HYPERLINK")
    assert (table[0]["width_px"], table[0]["height_px"]) == ("17", "13")
    assert table[0]["result_bytes"] == "5"
    assert get(client, table[0]["result"]).data == b"12345"
    assert table[0]["page"] == f"http://localhost/jobs/{jobs[0].id}"


def test_results_in_a_bucket_come_through_with_all_their_bytes(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud()
    client, services = app.test_client(), app.extensions["services"]
    results = [bytes([n]) * 2_500_000 for n in range(2)]
    jobs = []
    for result in results:
        jobs.append(queued(client, services, name="one.png", batch="monday"))
        publish(services, tmp_path, result=result)
    files = in_zip(get(client, address(jobs[0], "results.zip")).data)
    table = table_of(files.pop("images.csv"))
    sums = {hashlib.sha256(result).hexdigest() for result in results}
    assert {hashlib.sha256(content).hexdigest() for content in files.values()} == sums
    assert all("://" in row["result"] for row in table)


def test_a_result_whose_time_in_the_bucket_is_over_is_left_out(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud(retention_days=1)
    services: Services = app.extensions["services"]
    queued(app.test_client(), services, batch="monday")
    job = publish(services, tmp_path)
    assert job.finished
    assert has_result(services, job)
    assert not has_result(services, replace(job, finished=job.finished - timedelta(days=1)))


@pytest.mark.parametrize("file", ["", "results.zip", "links.csv"])
def test_somebody_elses_batch_is_not_there(web_settings: ServeSettings, file: str) -> None:
    app = server_of(web_settings)
    owner, other = (program(app, name) for name in ("ada", "bob"))
    job = queued(owner, services_of(app), batch="monday")
    assert owner.get(address(job, file)).status_code in {200, 409}
    answer = other.get(address(job, file))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "batch_not_found")


def claim_of(services: Services, job_id: str) -> Claim:
    """The job, taken as a worker does; those that other tests have left behind end before it."""
    while claim := services.queue.claim("a worker"):
        if claim.job.id == job_id:
            return claim
        services.queue.fail(claim, "left_behind", "The test that sent it is over.")
    raise AssertionError("there is no such job to be taken")


def test_a_zip_far_larger_than_memory_allows_passes_through_in_pieces(
    server: Server, tmp_path: Path
) -> None:
    services = open_services(ServeSettings(data_dir=server.folder))
    size, count = 24 * 2**20, 6
    for number in range(count):
        file = {"file": (f"{number}.png", png(seed=number))}
        answer = requests.post(
            f"{server.url}/api/v1/jobs", files=file, data={"batch": "large"}, timeout=60
        )
        claim = claim_of(services, answer.json()["id"])
        complete(services, claim, tmp_path, result=bytes(size))
    job = services.queue.get(answer.json()["id"])
    (web,) = psutil.Process(server.pid).children()
    requests.get(f"{server.url}{address(job)}", timeout=60)
    before, most, came = web.memory_info().rss, 0, 0
    with requests.get(f"{server.url}{address(job, 'results.zip')}", stream=True, timeout=60) as got:
        for piece in got.iter_content(2**20):
            came += len(piece)
            most = max(most, web.memory_info().rss)
    assert came == int(got.headers["Content-Length"]) > size * count
    assert most - before < size // 2
