"""The audit log: a line is a line, is kept, and is missed when it is not there."""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import audit
from app.audit import AuditLog, Entry, Wanted

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def entry(at: datetime = NOW, **values: object) -> Entry:
    known = {"user": "visitor:ann", "action": "view", "object": "job:1", "outcome": "done"}
    return Entry.model_validate({"time": at, **known, **values})


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit", keep_days=30)


def lines(folder: Path) -> list[str]:
    return [
        line
        for path in sorted((folder / "audit").iterdir())
        for line in path.read_text("ascii").split("\n")[:-1]
    ]


def found(log: AuditLog, **wanted: object) -> list[str | None]:
    return [entry.object for entry in log.read(Wanted(**wanted))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "evil", ["a\nb", "a\r\nb", "a\u2028b", "a\x85b", "a\x0cb", 'a","x":"', "é\0"]
)
def test_no_name_makes_a_second_line_or_a_second_key(
    log: AuditLog, tmp_path: Path, evil: str
) -> None:
    log.write(entry(user=evil, object=evil, address=evil))
    (line,) = (tmp_path / "audit" / "2026-11-001.jsonl").read_text("ascii").splitlines()
    assert json.loads(line)["user"] == evil
    assert set(json.loads(line)) == {"time", "user", "action", "object", "outcome", "address"}


def test_lines_of_several_processes_do_not_mix(log: AuditLog, tmp_path: Path) -> None:
    writers = []
    for user in "abc":
        writers.append(os.fork())
        if writers[-1] == 0:
            os._exit(not all(log.write(entry(user=user * 300), durably=False) for _ in range(200)))
    assert [os.waitpid(writer, 0)[1] for writer in writers] == [0, 0, 0]
    users = [json.loads(line)["user"] for line in lines(tmp_path)]
    assert sorted(users) == ["a" * 300] * 200 + ["b" * 300] * 200 + ["c" * 300] * 200


def test_the_files_are_for_the_services_user_alone(log: AuditLog, tmp_path: Path) -> None:
    log.write(entry())
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "audit" / "2026-11-001.jsonl").stat().st_mode) == 0o600


def test_a_month_or_a_full_file_begins_another_one(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "FILE_BYTES", 200)
    for number in range(6):
        log.write(entry(object=f"job:{number}"))
    log.write(entry(NOW + timedelta(days=30), object="job:later"))
    names = sorted(path.name for path in (tmp_path / "audit").iterdir())
    assert names == [*(f"2026-11-00{n}.jsonl" for n in (1, 2, 3)), "2026-12-001.jsonl"]
    assert found(log) == [*(f"job:{number}" for number in range(6)), "job:later"]


def test_files_that_need_not_be_kept_go_when_one_is_begun(log: AuditLog, tmp_path: Path) -> None:
    for days in (100, 60):
        at = datetime.now(UTC) - timedelta(days=days)
        log.write(entry(at))
        path = tmp_path / "audit" / f"{at:%Y-%m}-001.jsonl"
        os.utime(path, (at.timestamp(), at.timestamp()))
    log.write(entry(datetime.now(UTC), object="job:young"))
    assert found(log) == ["job:young"]


def test_what_is_looked_for_is_found(log: AuditLog) -> None:
    log.write(entry(object="job:one"))
    log.write(entry(object="job:one/result.tif", action="download"))
    log.write(entry(object="job:two", user="account:ben", outcome="refused"))
    log.write(entry(NOW + timedelta(days=30), object=None, user="account:ben"))
    assert found(log, object="one") == ["job:one", "job:one/result.tif"]
    assert found(log, object="job:one") == ["job:one", "job:one/result.tif"]
    assert found(log, object="job:one/result.tif") == ["job:one/result.tif"]
    assert found(log, user="ben") == found(log, user="account:ben") == ["job:two", None]
    assert found(log, user="be") == []
    assert found(log, outcome="refused") == ["job:two"]
    assert found(log, action="download") == ["job:one/result.tif"]
    assert found(log, since=NOW + timedelta(seconds=1)) == [None]
    assert found(log, until=NOW) == []
    assert len(found(log, since=NOW, until=NOW + timedelta(seconds=1))) == 3


def test_a_full_disk_stops_nobody_and_is_told_of(
    log: AuditLog, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write(entry(object="job:before"))

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert not log.write(entry(object="job:lost"))
        assert not log.write(entry(object="job:lost-too"))
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "No space left on device" in caplog.text
    assert '"object":"job:lost-too"' in caplog.text
    assert log.write(entry(object="job:after"))
    assert log.write(entry(object="job:later"))
    assert found(log) == ["job:before", "lines:2", "job:after", "job:later"]


def test_a_line_that_a_full_disk_tore_spoils_no_other(tmp_path: Path) -> None:
    """In a process of its own, whose files may grow to a size that is within the second line."""
    log = AuditLog(tmp_path / "audit", keep_days=30)
    log.write(entry(object="job:before"))
    path = tmp_path / "audit" / "2026-11-001.jsonl"
    size = path.stat().st_size
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
        os._exit(log.write(entry(object="job:torn")))
    assert os.waitpid(child, 0)[1] == 0
    assert path.stat().st_size == size + 20
    log.write(entry(object="job:after"))
    assert found(log) == ["job:before", "job:after"]


def test_a_folder_that_is_none_is_no_reason_to_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "audit").write_text("")
    assert not AuditLog(tmp_path / "audit", keep_days=30).write(entry())
    assert "the audit log takes no line" in caplog.text
