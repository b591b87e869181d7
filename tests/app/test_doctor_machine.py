"""What the doctor says of a machine: its clock, card, folder, database, model and port."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.database import open_database
from app.diagnosis.backlog import check_backlog
from app.diagnosis.clock import check_clock
from app.diagnosis.database import check_database
from app.diagnosis.finding import Finding
from app.diagnosis.folder import check_folder
from app.diagnosis.gpu import check_gpu
from app.diagnosis.model import check_model
from app.diagnosis.port import check_port
from app.migrations import migrate
from app.settings import ServeSettings
from cyclegan.models import package
from tests.app.jobs.examples import new_job, queue_of
from tests.app.jobs.verbs import running
from tests.app.web import Server
from tests.cyclegan.generators import random_generator
from tests.running import free_port


class _Clock(BaseHTTPRequestHandler):
    off = timedelta()

    def do_GET(self) -> None:
        self.send_error(404)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) - self.off, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def clock() -> Iterator[Callable[[float], str]]:
    """Starts a server whose clock is behind ours by some seconds; its address."""
    server = HTTPServer(("127.0.0.1", 0), _Clock)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def behind(seconds: float) -> str:
        _Clock.off = timedelta(seconds=seconds)
        return f"http://127.0.0.1:{server.server_port}"

    yield behind
    server.shutdown()
    server.server_close()
    thread.join()


def found(findings: Iterator[Finding]) -> tuple[str, str]:
    """The level and line of the one finding."""
    (finding,) = findings
    return finding.level, finding.line()


@pytest.mark.parametrize("off_s", [0, 40, -40])
def test_a_clock_that_is_right_to_a_minute_is_well(
    clock: Callable[[float], str], off_s: float
) -> None:
    assert check_clock(clock(off_s)).level == "ok"


@pytest.mark.parametrize(("off_s", "side"), [(300, "fast"), (-7200, "slow")])
def test_a_clock_that_is_off_is_bad(clock: Callable[[float], str], off_s: float, side: str) -> None:
    finding = check_clock(clock(off_s))
    assert finding.level == "bad"
    assert f" s {side};" in finding.text
    assert "timedatectl set-ntp true" in finding.line()


def test_without_an_answer_the_clock_is_not_asked() -> None:
    assert check_clock(f"http://127.0.0.1:{free_port()}").level == "skip"


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that shows a card, which torch cannot use here."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'NVIDIA L4, 450.80.02, 23034'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.mark.parametrize(("device", "level"), [("auto", "warn"), ("cuda", "bad"), ("cpu", "ok")])
@pytest.mark.usefixtures("driver")
def test_a_card_that_torch_cannot_use_is_as_bad_as_it_is_wanted(device: str, level: str) -> None:
    met, line = found(check_gpu(ServeSettings.model_validate({"device": device})))
    assert met == level
    assert device == "cpu" or "NVIDIA L4, 22 GiB, driver 450.80.02" in line


def test_without_a_card_only_asking_for_one_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert found(check_gpu(ServeSettings(device="auto")))[0] == "ok"
    assert found(check_gpu(ServeSettings(device="cuda")))[0] == "bad"


def test_a_folder_that_cannot_be_written_is_bad() -> None:
    folder, _ = check_folder(ServeSettings(data_dir=Path("/proc/muse")))
    assert folder.level == "bad"
    assert folder.text.startswith("/proc cannot be written")


def test_a_file_in_the_place_of_the_folder_is_bad(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    level, line = found(check_folder(ServeSettings(data_dir=tmp_path / "data")))
    assert (level, "is a file" in line) == ("bad", True)


def test_a_folder_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    folder, _ = check_folder(ServeSettings(data_dir=tmp_path / "a" / "data"))
    assert folder.text.endswith("is made by the first start")
    assert list(tmp_path.iterdir()) == []


def test_room_for_few_uploads_is_warned_of(tmp_path: Path) -> None:
    settings = ServeSettings(data_dir=tmp_path, max_bytes=1)
    _, before = check_folder(settings)
    free_bytes = float(before.text.split()[0]) * 2**30
    _, room = check_folder(settings.model_copy(update={"max_bytes": int(free_bytes / 5)}))
    assert (before.level, room.level) == ("ok", "warn")


@pytest.fixture
def served(tmp_path: Path) -> ServeSettings:
    """The settings of a service with a database."""
    settings = ServeSettings(data_dir=tmp_path / "data")
    migrate(settings.database)
    return settings


def test_a_database_of_today_is_up_to_date(served: ServeSettings) -> None:
    level, line = found(check_database(served))
    assert level == "ok"
    assert line.endswith("answers and is up to date")


def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    settings = ServeSettings(data_dir=tmp_path)
    assert found(check_database(settings))[0] == found(check_backlog(settings))[0] == "ok"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("revision", "level", "cure"),
    [("0001", "warn", "bash run_flask.sh local"), ("9999", "bad", "Install that version")],
)
def test_a_database_of_another_version_is_told_apart(
    served: ServeSettings, revision: str, level: str, cure: str
) -> None:
    with sqlite3.connect(served.data_dir / "colormapper.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()
    met, line = found(check_database(served))
    assert (met, cure in line) == (level, True)


def test_a_file_that_is_no_database_is_bad(served: ServeSettings) -> None:
    path = served.data_dir / "colormapper.db"
    path.write_bytes(b"no database" * 1000)
    assert found(check_database(served))[0] == "bad"
    assert found(check_backlog(served))[0] == "skip"


def test_an_address_that_is_none_of_a_database_is_bad(tmp_path: Path) -> None:
    settings = ServeSettings(data_dir=tmp_path, database_url="garbage")
    assert found(check_database(settings))[0] == "bad"
    assert found(check_backlog(settings))[0] == "skip"


def test_results_that_wait_for_the_store_are_counted(served: ServeSettings) -> None:
    engine = open_database(served.database)
    queue = queue_of(engine)
    for _ in range(2):
        claim = running(queue)
        queue.publishing(claim, {})
        queue.hand_over(claim, ())
    assert found(check_backlog(served))[1].endswith("2 results wait for the store")
    engine.dispose()


def test_removals_that_fail_are_warned_of_with_their_reason(served: ServeSettings) -> None:
    engine = open_database(served.database)
    queue = queue_of(engine)
    queue.delete(queue.submit(new_job()).id)
    (removal,) = queue.removals_due()
    queue.put_off_removal(removal, "gs://lab refuses ada", 60)
    level, line = found(check_backlog(served))
    assert level == "warn"
    assert "1 deleted image is still stored: gs://lab refuses ada" in line
    engine.dispose()


def test_a_package_is_verified(tmp_path: Path) -> None:
    package.save(
        tmp_path / "models" / "kidney",
        random_generator(),
        architecture="ganilla",
        title="Kidney",
        description="",
    )
    settings = ServeSettings(data_dir=tmp_path, default_model="kidney")
    assert "kidney loads and answers as recorded" in found(check_model(settings))[1]
    (tmp_path / "models" / "kidney" / "test-input.npy").write_bytes(b"")
    assert found(check_model(settings))[0] == "bad"


def test_a_model_that_is_not_there_is_bad_with_those_that_are(tmp_path: Path) -> None:
    level, line = found(check_model(ServeSettings(data_dir=tmp_path, default_model="liver")))
    assert level == "bad"
    assert "there is no model 'liver'; choose one of: colour-mapping" in line


def test_the_port_of_a_service_that_runs_is_well(server: Server) -> None:
    settings = ServeSettings(port=server.port, trusted_hosts=("localhost",))
    assert "is held by Color Mapper" in found(check_port(settings))[1]


def test_a_stranger_that_answers_is_not_taken_for_the_service(
    clock: Callable[[float], str],
) -> None:
    port = int(clock(0).rpartition(":")[2])
    assert found(check_port(ServeSettings(port=port)))[0] == "bad"


def test_a_port_that_is_free_stays_free() -> None:
    settings = ServeSettings(port=free_port())
    assert found(check_port(settings))[0] == "ok"
    with socket.create_server((settings.host, settings.port)):
        assert found(check_port(settings))[0] == "bad"


def test_a_host_that_is_not_ours_is_bad() -> None:
    assert found(check_port(ServeSettings(host="192.0.2.1")))[0] == "bad"
