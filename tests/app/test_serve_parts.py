"""The web part and the worker part as two services of the system: each lives without the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from app.settings import ROOT
from tests.running import PATIENCE_S, Running, eventually, noise, png

IMAGE = png(noise(61, 83, seed=3))


class Divided(Running):
    """A service whose parts have been started one by one, on one data folder."""

    def start(self, *, wait_for: str = "/readyz") -> None:
        """Start both parts and wait until they are ready for work."""
        self.supervisor = self.launch("web")
        self.working = self.launch("worker")
        eventually(lambda: self.is_ready(wait_for))

    def launch(self, part: str = "web") -> subprocess.Popen[bytes]:
        """Start one part."""
        with (self.data.parent / f"{part}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "app.serve", self.mode, part],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> str:
        """What its processes have said."""
        return "".join(path.read_text() for path in sorted(self.data.parent.glob("*.log")))

    def kill(self) -> None:
        """Kill -9 everything."""
        super().kill()
        self.working.wait(PATIENCE_S)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Divided]:
    divided = Divided(tmp_path / "data")
    yield divided
    divided.kill()


def end(supervisor: subprocess.Popen[bytes]) -> int:
    """Ask one part to end; its exit code, when all of its processes are gone."""
    family = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.terminate()
    code = supervisor.wait(PATIENCE_S)
    assert [process for process in family if process.is_running()] == []
    return code


def kill(supervisor: subprocess.Popen[bytes]) -> None:
    """Kill -9 one part, and wait until its processes have followed it."""
    family = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.kill()
    supervisor.wait(PATIENCE_S)
    psutil.wait_procs(family, timeout=PATIENCE_S)


def test_an_image_goes_through_both_parts(service: Divided) -> None:
    document = service.finish(service.submit(IMAGE))
    assert document["state"] == "done", service.log()
    assert service.fetch(document["links"]["result"])


def test_pages_live_while_the_worker_is_dead_and_its_work_waits(service: Divided) -> None:
    kill(service.working)
    job_id = service.submit(IMAGE)
    assert requests.get(f"{service.url}/jobs", timeout=PATIENCE_S).ok
    service.working = service.launch("worker")
    assert service.finish(job_id)["state"] == "done"


def test_the_worker_goes_on_while_the_pages_are_dead(service: Divided) -> None:
    job_id = service.submit(IMAGE)
    kill(service.supervisor)
    assert service.working.poll() is None
    eventually(lambda: any((service.data / "store").rglob("result.tif")))
    service.supervisor = service.launch("web")
    eventually(service.is_ready)
    assert service.finish(job_id)["state"] == "done"


def test_each_part_ends_by_itself_when_it_is_asked_to(service: Divided) -> None:
    assert end(service.working) == 0
    assert requests.get(f"{service.url}/healthz", timeout=PATIENCE_S).ok
    assert end(service.supervisor) == 0


@pytest.mark.parametrize("words", [["web"], ["worker"], []])
def test_a_part_that_runs_is_not_started_again(service: Divided, words: list[str]) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "app.serve", service.mode, *words],
        cwd=ROOT,
        env=service.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    holder = service.working if words == ["worker"] else service.supervisor
    assert (second.returncode, second.stderr.count("\n")) == (1, 1)
    assert f"already runs on this data folder (process {holder.pid})" in second.stderr
