"""Workers as processes: killed, stopped, hung and asked to end, and what becomes of their jobs."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.database import DatabaseUnavailable
from app.job import ACTIVE, ENDED, Job
from app.migrations import migrate
from app.services import Services, open_services
from app.settings import ServeSettings
from app.worker import EXIT_HUNG, run_one
from tests.app.disks import fill, small_disk
from tests.app.service.examples import files_below, noise, result_of, send, settings_for
from tests.app.service.processes import LONG_S, ROOT, Process, real, twin, wait_until


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return settings_for(tmp_path / "data", lease_s=2, heartbeat_s=0.2, attempts=3)


def is_active(services: Services, job: Job) -> bool:
    found = services.queue.get(job.id)
    return found.state in ACTIVE and found.progress > 0


def all_ended(services: Services, jobs: Sequence[Job]) -> bool:
    return all(services.queue.get(job.id).state in ENDED for job in jobs)


def left_over(services: Services) -> list[Path]:
    return [*services.work.iterdir(), *services.incoming.iterdir()]


def freeze(worker: Process, services: Services) -> None:
    """Stop a worker, but not in the middle of a write: its lock would hold up everybody else."""
    while True:
        worker.send_signal(signal.SIGSTOP)
        try:
            services.queue.forget_worker("nobody")
        except DatabaseUnavailable:
            worker.send_signal(signal.SIGCONT)
        else:
            return


def names_of(services: Services, job: Job) -> set[str]:
    return {key.split("/")[2] for key in list(services.store.keys(f"{job.month}/{job.token}/"))}


def test_no_kill_loses_a_job_or_publishes_one_twice(
    settings: ServeSettings, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"attempts": 10})
    services, moments = open_services(settings), random.Random(5)
    migrate(settings.database)
    images = [noise(300 + i, 200, seed=i) for i in range(8)]
    jobs = [send(services, image, filename="same.png") for image in images]
    for _ in range(5):
        with real(settings) as worker:
            wait_until(lambda: services.queue.counts()["queued"] < len(jobs))
            time.sleep(moments.uniform(0, 1.5))
            worker.kill()
    with real(settings):
        wait_until(lambda: all_ended(services, jobs) and not left_over(services))
    for job, image in zip(jobs, images, strict=True):
        done = services.queue.get(job.id)
        assert done.state == "done"
        assert names_of(services, job) == set(done.objects)
        assert np.array_equal(result_of(services, job, tmp_path), image)
    assert files_below(settings.data_dir / "store" / ".partial") == []


def test_a_job_that_kills_its_worker_fails_after_three_attempts_and_harms_no_other(
    settings: ServeSettings, services: Services
) -> None:
    deadly = send(services, np.full((40, 40, 3), (255, 0, 0), np.uint8), user="first")
    others = [send(services, noise(40, 40, seed=i), user="second") for i in range(2)]
    deaths = 0
    while not all_ended(services, [deadly, *others]):
        with twin(settings, "die") as worker:
            wait_until(lambda: all_ended(services, [deadly, *others]) or worker.poll() is not None)
            deaths += worker.returncode == -signal.SIGKILL
    failed = services.queue.get(deadly.id)
    assert (failed.state, failed.attempts, failed.error_code) == ("failed", 3, "worker_died")
    assert [services.queue.get(job.id).state for job in others] == ["done", "done"]
    assert deaths == 3


def test_the_jobs_of_a_dead_worker_are_taken_up_before_its_lease_ends(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data", lease_s=100 * LONG_S, heartbeat_s=10)
    services = open_services(settings)
    migrate(settings.database)
    job = send(services, noise(6400, 32))
    with twin(settings, "slow") as worker:
        wait_until(lambda: is_active(services, job))
        worker.kill()
    with real(settings):
        wait_until(lambda: services.queue.get(job.id).state == "done")
    assert services.queue.get(job.id).attempts == 2


def test_a_hung_worker_loses_its_job_to_another(
    settings: ServeSettings, services: Services
) -> None:
    job = send(services, noise(640, 32))
    with twin(settings, "hang") as worker:
        wait_until(lambda: is_active(services, job))
        freeze(worker, services)  # it cannot even end itself
        wait_until(lambda: run_one(services))
    assert services.queue.get(job.id).state == "done"


def test_a_hung_worker_ends_itself(settings: ServeSettings, services: Services) -> None:
    send(services, noise(640, 32))
    with twin(settings, "hang", patience_s=2) as worker:
        assert worker.wait(LONG_S) == EXIT_HUNG


def test_a_worker_that_wakes_up_too_late_changes_nothing(
    settings: ServeSettings, services: Services
) -> None:
    job = send(services, noise(1280, 32))
    with twin(settings, "slow") as sleeper:
        wait_until(lambda: is_active(services, job))
        freeze(sleeper, services)
        wait_until(lambda: run_one(services))
        done, kept = services.queue.get(job.id), set(services.store.keys())
        sleeper.send_signal(signal.SIGCONT)
        sleeper.terminate()
        assert sleeper.wait(LONG_S) == 0
    assert services.queue.get(job.id) == done
    assert (done.state, done.attempts) == ("done", 2)
    assert set(services.store.keys()) == kept
    assert list(services.work.iterdir()) == []


@pytest.mark.parametrize("behaviour", ["slow", "hang"])
def test_a_worker_that_is_asked_to_end_gives_its_job_back_and_ends(
    settings: ServeSettings, services: Services, behaviour: str
) -> None:
    job = send(services, noise(6400, 32))
    with twin(settings, behaviour) as worker:
        wait_until(lambda: is_active(services, job))
        worker.terminate()
        assert worker.wait(LONG_S) == 0
    back = services.queue.get(job.id)
    assert (back.state, back.attempts) == ("queued", 0)
    assert services.queue.workers(LONG_S) == []


def test_a_worker_shows_itself_and_what_it_computes_on(
    settings: ServeSettings, services: Services
) -> None:
    with real(settings):
        wait_until(lambda: bool(services.queue.workers(LONG_S)))
    (seen,) = services.queue.workers(LONG_S)
    assert seen.device in {"cpu", "cuda"}


def test_a_worker_waits_for_a_database_that_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=32 * 2**20) as disk:
        settings = settings_for(disk, heartbeat_s=0.2)
        services = open_services(settings)
        migrate(settings.database)
        job = send(services, noise(100, 100))
        filler = fill(disk)
        with real(settings) as worker:
            time.sleep(2)
            assert worker.poll() is None
            filler.unlink()
            wait_until(lambda: services.queue.get(job.id).state == "done")


@pytest.mark.parametrize("arguments", [[], ["remote"], ["local", "server"]])
def test_a_worker_is_told_its_mode(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "app.worker", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: python -m app.worker local|server\n")


def test_a_worker_with_a_wrong_setting_says_so_in_one_line(tmp_path: Path) -> None:
    environ = {"COLORMAPPER_DATA_DIR": str(tmp_path), "COLORMAPPER_TILE": "1"}
    command = [sys.executable, "-m", "app.worker", "local"]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the worker cannot start: tile:")
    assert done.stderr.count("\n") == 1
