"""The files of jobs over HTTP: whole, in ranges, under names that do no harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.job import Job
from app.services import Services
from tests.app.web import finish, get, png, queued

RESULT = bytes(range(256)) * 20


@pytest.fixture
def job(client: FlaskClient, services: Services, tmp_path: Path) -> Job:
    queued(client, services, name="my %22kidney%22 ü.png")
    return finish(services, tmp_path, result=RESULT)


@pytest.fixture
def links(client: FlaskClient, job: Job) -> dict[str, str]:
    found: dict[str, str] = client.get(f"/api/v1/jobs/{job.id}").get_json()["links"]
    return found


def test_a_result_comes_as_it_was_kept(client: FlaskClient, links: dict[str, str]) -> None:
    answer = get(client, links["result"])
    assert answer.data == RESULT
    assert answer.content_length == len(RESULT)


def test_the_input_comes_as_it_was_sent(client: FlaskClient, links: dict[str, str]) -> None:
    assert get(client, links["input"]).data == png()


def test_a_link_does_not_give_away_the_job(job: Job, links: dict[str, str]) -> None:
    assert not any(job.id in links[name] for name in ("input", "result", "png", "result_preview"))


def test_a_head_has_the_headers_and_no_body(client: FlaskClient, links: dict[str, str]) -> None:
    answer = client.head(links["result"], buffered=True)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length == len(RESULT)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("0-0", 0, 0),
        ("100-299", 100, 299),
        ("5000-", 5000, 5119),
        ("-7", 5113, 5119),
        ("-65536", 0, 5119),
    ],
)
def test_a_range_is_206_with_those_bytes(
    client: FlaskClient, links: dict[str, str], asked: str, first: int, last: int
) -> None:
    answer = get(client, links["result"], headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(RESULT)}"
    assert answer.data == RESULT[first : last + 1]


def test_a_range_beyond_the_end_is_416(client: FlaskClient, links: dict[str, str]) -> None:
    answer = get(client, links["result"], headers={"Range": "bytes=9999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(RESULT)}"


@pytest.mark.parametrize("asked", ["bytes=0-0,100-299", "pixels=0-7"])
def test_ranges_that_are_not_served_are_answered_by_the_whole_file(
    client: FlaskClient, links: dict[str, str], asked: str
) -> None:
    answer = get(client, links["result"], headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, RESULT)


def test_a_file_that_is_another_than_if_match_names_is_412_with_a_body_of_the_announced_length(
    client: FlaskClient, links: dict[str, str]
) -> None:
    answer = get(client, links["result"], headers={"If-Match": '"another"'})
    assert (answer.status_code, answer.content_length) == (412, len(answer.data))
    assert answer.get_json()["error"]["code"] == "precondition_failed"


@pytest.mark.parametrize("tag", ["its own", "*"])
def test_a_file_that_if_match_names_comes(
    client: FlaskClient, links: dict[str, str], tag: str
) -> None:
    own = get(client, links["result"]).headers["ETag"]
    wanted = own if tag == "its own" else tag
    assert get(client, links["result"], headers={"If-Match": wanted}).data == RESULT


def test_a_known_file_is_304(client: FlaskClient, links: dict[str, str]) -> None:
    tag = get(client, links["result"]).headers["ETag"]
    assert get(client, links["result"], headers={"If-None-Match": tag}).status_code == 304


def test_pictures_are_shown_and_tiffs_are_saved(client: FlaskClient, links: dict[str, str]) -> None:
    for name, disposition, kind in (
        ("result", "attachment", "image/tiff"),
        ("png", "inline", "image/png"),
        ("result_preview", "inline", "image/jpeg"),
    ):
        answer = get(client, links[name])
        assert answer.headers["Content-Disposition"].startswith(disposition)
        assert answer.content_type == kind


def test_the_name_for_saving_is_the_senders_made_safe(
    client: FlaskClient, links: dict[str, str]
) -> None:
    disposition = get(client, links["result"]).headers["Content-Disposition"]
    assert "filename*=UTF-8''my%20_kidney_%20%C3%BC-he.tif" in disposition


def test_files_are_private_and_of_no_other_type(client: FlaskClient, links: dict[str, str]) -> None:
    headers = get(client, links["png"]).headers
    assert "private" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["nothing.tif", "..", "data", "%2e%2e%2fabout.json", "result.tif%00"]
)
def test_other_names_are_404(client: FlaskClient, job: Job, name: str) -> None:
    assert client.get(f"/results/{job.token}/{name}").status_code == 404


def test_another_token_is_404(client: FlaskClient, job: Job) -> None:
    assert client.get(f"/results/{job.id}/result.tif").status_code == 404


def test_a_deleted_file_is_404(client: FlaskClient, job: Job, links: dict[str, str]) -> None:
    client.delete(f"/api/v1/jobs/{job.id}")
    assert get(client, links["result"]).status_code == 404
