"""Uploads in parts, by tus: what was acknowledged is never lost, and nobody's bytes are mixed."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
import requests
from tusclient.client import TusClient

from app.migrations import migrate
from app.settings import ROOT, ServeSettings
from tests.app.conftest import serving
from tests.app.tus import (
    PART,
    PATIENCE_S,
    TUS,
    begin,
    file_of,
    offset_of,
    open_part,
    order,
    patch,
    reset,
)
from tests.app.web import MAX_BYTES, Server, png
from tests.running import eventually

IMAGE = png(290, 330, seed=5)
"""About 290 kB."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def arrived(server: Server, job: requests.Response) -> str:
    """The SHA-256 of the input of a job that was accepted."""
    assert job.status_code == 202, job.text
    document = requests.get(server.url + job.json()["links"]["self"], timeout=PATIENCE_S).json()
    source = requests.get(server.url + document["links"]["input"], timeout=PATIENCE_S)
    return sha256(source.content)


def test_what_is_spoken_here_is_told(server: Server) -> None:
    answer = requests.options(f"{server.url}/uploads", timeout=PATIENCE_S)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(MAX_BYTES)
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        *("creation", "creation-with-upload", "checksum", "expiration", "termination")
    }


def test_a_foreign_client_goes_on_after_it_was_stopped(server: Server) -> None:
    file, about = io.BytesIO(IMAGE), {"filename": "kidney.png"}
    client = TusClient(f"{server.url}/uploads")
    first = client.uploader(file_stream=file, chunk_size=70_000, metadata=about)
    first.upload(stop_at=140_000)
    again = client.uploader(
        file_stream=file, chunk_size=70_000, url=first.url, upload_checksum=True
    )
    assert again.offset == 140_000
    again.upload()
    job = order(server, str(again.url))
    assert arrived(server, job) == sha256(IMAGE)
    link = server.url + job.json()["links"]["self"]
    assert requests.get(link, timeout=PATIENCE_S).json()["name"] == "kidney.png"


def test_what_was_sent_before_each_cut_is_kept_and_sent_once(server: Server) -> None:
    rng = random.Random(20)
    upload, kept, polite_cuts = begin(server, len(IMAGE)), 0, 0
    while kept < len(IMAGE):
        sent = min(rng.randrange(1, 60_000), len(IMAGE) - kept)
        is_rude = rng.random() < 0.5
        answer = send_and_cut(server, upload, kept, IMAGE[kept : kept + sent], is_rude=is_rude)
        now = offset_of(upload)
        assert now >= kept
        if answer in {400, 204}:  # else the sender before, whom it did not hear, was still at it
            polite_cuts += 1
            assert now == kept + sent
        kept = now
    assert polite_cuts > 1
    assert arrived(server, order(server, upload)) == sha256(IMAGE)


def send_and_cut(
    server: Server, upload: str, offset: int, data: bytes, *, is_rude: bool
) -> int | None:
    """Announce all the rest of the image and send some; the answer's status, if it was awaited."""
    with open_part(server, upload, offset=offset, length=len(IMAGE) - offset) as connection:
        with suppress(ConnectionError):  # refused already
            connection.sendall(data)
        if is_rude:
            reset(connection)
            return None
        connection.shutdown(socket.SHUT_WR)
        return int(connection.recv(12).split()[1])


def test_two_senders_are_never_mixed(server: Server) -> None:
    halves = [bytes([value]) * 100_000 for value in (1, 2)]
    upload = begin(server, 200_000)
    start = threading.Barrier(2)

    def send(data: bytes) -> int:
        start.wait()
        return patch(upload, data, 0).status_code

    with ThreadPoolExecutor(2) as threads:
        statuses = list(threads.map(send, halves))
    assert sorted(statuses) in ([204, 409], [204, 423])
    assert file_of(server, upload).read_bytes() == halves[statuses.index(204)]


def test_who_comes_while_a_part_arrives_is_told_to_wait(server: Server) -> None:
    upload, left = begin(server, 5000), 5000
    with (
        open_part(server, upload, offset=0, length=left) as first,
        ThreadPoolExecutor(1) as threads,
    ):
        # A part that begins elsewhere changes nothing if it should come first.
        rival = threads.submit(
            eventually, lambda: patch(upload, b"b", 9).status_code == HTTPStatus.LOCKED
        )
        while not rival.done():
            first.sendall(b"a")
            left -= 1
            time.sleep(0.1)
        assert rival.result()
        first.sendall(b"a" * left)
        assert first.recv(12) == b"HTTP/1.1 204"
    assert file_of(server, upload).read_bytes() == b"a" * 5000


def test_a_sender_whose_network_is_gone_gives_way_to_its_next_try(server: Server) -> None:
    upload = begin(server, 1000)
    with open_part(server, upload, offset=0, length=1000) as lost:
        lost.sendall(bytes(400))

        def asked() -> bool:
            answer = requests.head(upload, headers=TUS, timeout=PATIENCE_S)
            assert answer.status_code in {200, 423}
            return answer.headers.get("Upload-Offset") == "400"

        eventually(asked)
        assert patch(upload, bytes(600), 400).status_code == 204


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    migrate(ServeSettings(data_dir=tmp_path).database)
    with serving(tmp_path) as server:
        upload = begin(server, len(IMAGE), filename="kidney.png")
        assert patch(upload, IMAGE[:100_000], 0).status_code == 204
        with open_part(server, upload, offset=100_000, length=len(IMAGE) - 100_000) as part:
            part.sendall(IMAGE[100_000:200_000])
            # Bytes that were not acknowledged may be there, or not, when it is killed.
            eventually(lambda: file_of(server, upload).stat().st_size > 100_000)
            [child] = psutil.Process(server.pid).children()
            os.kill(server.pid, signal.SIGKILL)
            child.wait(PATIENCE_S)
    with serving(tmp_path) as server:
        upload = server.url + upload[upload.index("/uploads/") :]
        kept = offset_of(upload)
        assert 100_000 <= kept <= 200_000
        assert patch(upload, IMAGE[kept:], kept).status_code == 204
        assert arrived(server, order(server, upload)) == sha256(IMAGE)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_part_that_was_damaged_on_the_way_is_not_kept(server: Server, algorithm: str) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, b"a part").digest()).decode()
    headers = {"Upload-Checksum": f"{algorithm} {digest}"}
    upload = begin(server, 12)
    assert patch(upload, b"a dart", 0, **headers).status_code == 460
    assert offset_of(upload) == file_of(server, upload).stat().st_size == 0
    assert patch(upload, b"a part", 0, **headers).status_code == 204
    assert offset_of(upload) == 6


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [
        ("POST", {"Tus-Resumable": "0.2.2", "Upload-Length": "1"}, 412, "precondition_failed"),
        ("POST", {}, 400, "bad_header"),
        ("POST", {"Upload-Length": "-1"}, 400, "bad_header"),
        ("POST", {"Upload-Defer-Length": "1"}, 400, "bad_header"),
        ("POST", {"Upload-Length": str(MAX_BYTES + 1)}, 413, "request_entity_too_large"),
        ("POST", {"Upload-Length": "1", "Upload-Metadata": "filename ?"}, 400, "bad_header"),
        ("PATCH", {"Tus-Resumable": "", "Upload-Offset": "0"}, 412, "precondition_failed"),
        ("PATCH", {}, 400, "bad_header"),
        ("PATCH", {"Upload-Offset": "3"}, 409, "wrong_offset"),
        ("PATCH", {"Upload-Offset": "0", "Content-Type": "text/plain"}, 415, ""),
        ("PATCH", {"Upload-Offset": "0", "Upload-Checksum": "md5 AAAA"}, 400, "bad_header"),
        ("PATCH", {"Upload-Offset": "0", "Upload-Checksum": "sha1 AAAA"}, 400, "bad_header"),
    ],
)
def test_a_request_that_breaks_the_protocol_changes_nothing(
    server: Server, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    upload = begin(server, 5)
    address = upload if method == "PATCH" else f"{server.url}/uploads"
    files = set((server.folder / "uploads").iterdir())
    data = b"parts" if method == "PATCH" else b""
    answer = requests.request(
        method, address, headers={**PART, **headers}, data=data, timeout=PATIENCE_S
    )
    assert (answer.status_code, answer.headers["Tus-Resumable"]) == (status, "1.0.0")
    assert code in answer.json()["error"]["code"]
    assert set((server.folder / "uploads").iterdir()) == files
    assert offset_of(upload) == 0


@pytest.mark.parametrize("is_told", [True, False])
def test_more_bytes_than_were_announced_are_refused(server: Server, is_told: bool) -> None:
    upload = begin(server, 5)
    data = b"too many" if is_told else iter([b"too ", b"many"])
    headers = {**PART, "Upload-Offset": "0"}
    answer = requests.patch(upload, headers=headers, data=data, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many_bytes")
    assert offset_of(upload) == 0


def test_a_small_file_goes_with_its_announcement(server: Server) -> None:
    headers = {**PART, "Upload-Length": str(len(IMAGE))}
    answer = requests.post(f"{server.url}/uploads", headers=headers, data=IMAGE, timeout=PATIENCE_S)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(IMAGE)))
    job = order(server, server.url + answer.headers["Location"])
    assert arrived(server, job) == sha256(IMAGE)


def test_a_network_that_lets_no_patch_through_can_be_used(server: Server) -> None:
    upload = begin(server, 4)
    for method, status in (("PATCH", 204), ("DELETE", 204), ("PUT", 405)):
        headers = {**PART, "Upload-Offset": "0", "X-HTTP-Method-Override": method}
        answer = requests.post(upload, headers=headers, data=b"part", timeout=PATIENCE_S)
        assert answer.status_code == status


def test_an_upload_that_is_given_up_leaves_nothing(server: Server) -> None:
    upload = begin(server, 10)
    patch(upload, b"12345", 0)
    assert requests.delete(upload, headers=TUS, timeout=PATIENCE_S).status_code == 204
    assert not file_of(server, upload).exists()
    assert requests.head(upload, headers=TUS, timeout=PATIENCE_S).status_code == 404
    assert patch(upload, b"67890", 5).status_code == 404


def test_a_full_disk_is_507_and_what_was_kept_goes_on_later(server: Server) -> None:
    [process] = psutil.Process(server.pid).children()
    upload = begin(server, len(IMAGE))
    assert patch(upload, IMAGE[:1000], 0).status_code == 204
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        refused = patch(upload, IMAGE[1000:], 1000)
    finally:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert (refused.status_code, refused.json()["error"]["code"]) == (507, "disk_full")
    assert offset_of(upload) == file_of(server, upload).stat().st_size == 1000
    assert patch(upload, IMAGE[1000:], 1000).status_code == 204


def test_half_an_upload_makes_no_job(server: Server) -> None:
    upload = begin(server, len(IMAGE))
    patch(upload, IMAGE[:1000], 0)
    answer = order(server, upload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "upload_unfinished")
    assert offset_of(upload) == 1000


def whole(server: Server, data: bytes = IMAGE, **about: str) -> str:
    """The address of an upload that has arrived."""
    upload = begin(server, len(data), **about)
    assert patch(upload, data, 0).status_code == 204
    return upload


def test_an_upload_makes_one_job_and_is_gone(server: Server) -> None:
    upload = whole(server, sha256=sha256(IMAGE))
    jobs = [order(server, upload) for _ in range(2)]
    assert jobs[0].json() == jobs[1].json()
    assert requests.head(upload, headers=TUS, timeout=PATIENCE_S).status_code == 404
    assert not file_of(server, upload).exists()
    other = order(server, upload, model="colour-mapping")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")


def test_the_key_of_a_request_holds_for_uploads_too(server: Server) -> None:
    headers = {"Idempotency-Key": "the-same-order"}
    ids = set()
    for upload in (whole(server), whole(server)):
        fields = {"upload": upload.rpartition("/")[2]}
        answer = requests.post(
            f"{server.url}/api/v1/jobs", data=fields, headers=headers, timeout=PATIENCE_S
        )
        ids.add(answer.json()["id"])
        assert not file_of(server, upload).exists()
    assert len(ids) == 1


def test_what_can_be_corrected_keeps_the_upload(server: Server) -> None:
    upload = whole(server)
    assert order(server, upload, mpp="large").status_code == 422
    assert order(server, upload, model="nobody's").status_code == 422
    assert order(server, upload, mpp="0.5").status_code == 202


@pytest.mark.parametrize(
    ("data", "about", "status", "code"),
    [
        (b"these are words", {}, 415, "unsupported_format"),
        (IMAGE[:-500], {}, 422, "corrupt_image"),
        (IMAGE, {"sha256": "ab" * 32}, 422, "wrong_sha256"),
    ],
)
def test_what_cannot_become_an_image_is_refused_and_gone(
    server: Server, data: bytes, about: dict[str, str], status: int, code: str
) -> None:
    upload = whole(server, data, **about)
    answer = order(server, upload)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not file_of(server, upload).exists()
    assert requests.head(upload, headers=TUS, timeout=PATIENCE_S).status_code == 404


def example(language: str) -> str:
    """The example of docs/uploads.md in a language."""
    text = (ROOT / "docs" / "uploads.md").read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("command", [(sys.executable, "-W", "ignore", "-c"), ("bash", "-euc")])
def test_the_examples_of_the_documentation_send_an_image(
    server: Server, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "kidney.tif").write_bytes(IMAGE)
    code = example("sh" if command[0] == "bash" else "python")
    code = code.replace("http://127.0.0.1:5000", server.url)
    done = subprocess.run(
        [*command, code], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    job = re.search(r'/jobs/([^"\s]+)', done.stdout)
    assert job is not None, done.stdout
    document = requests.get(f"{server.url}/api/v1/jobs/{job[1]}", timeout=PATIENCE_S).json()
    assert (document["name"], document["height"]) == ("kidney.tif", 290)
