"""A translation that was cut off goes on where it was, to the very same result."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import disk
from app.heartbeat import PROGRESS_S
from app.job import Job
from app.migrations import migrate
from app.services import Services, open_services
from app.settings import ServeSettings
from app.shift import Shift
from app.submissions import cancel, remove
from app.sweeping import sweep_work
from app.worker import run_one
from app.workplace import KEPT, kept_in
from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.images.image import Reader
from tests.app.disks import small_disk
from tests.app.service.examples import (
    TwinCatalogue,
    TwinEngine,
    files_below,
    noise,
    send,
    settings_for,
)
from tests.app.service.processes import twin, wait_until

IMAGE = noise(1280, 32)
PATCHES = 39
"""Of 64 px at a step of 32."""
PICTURES = ("input-tiles.tif", "result.tif", "result.png", "result-preview.jpg")


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return settings_for(tmp_path / "data", blend="average", lease_s=2, heartbeat_s=0.2)


def nothing(_: Batch) -> None:
    """Most engines do nothing before a batch."""


def run(services: Services, engine: TwinEngine, shift: Shift | None = None) -> None:
    """Have the job whose turn it is worked on by this engine."""
    catalogue = TwinCatalogue(engine)
    wait_until(lambda: run_one(replace(services, catalogue=catalogue), shift or Shift()))


def sums(services: Services, job: Job) -> list[str]:
    assert services.queue.get(job.id).state == "done"
    return [services.store.stat(job.key(name)).sha256 for name in PICTURES]


def record_of(services: Services, job: Job) -> dict[str, Any]:
    return services.queue.get(job.id).provenance or {}


@pytest.fixture
def undisturbed(services: Services) -> list[str]:
    """The sums of the pictures that come out when nothing is in the way."""
    job, engine = send(services, IMAGE), TwinEngine(nothing)
    run(services, engine)
    assert (engine.batches, record_of(services, job)["resumed_from_row"]) == (PATCHES, 0)
    return sums(services, job)


@dataclass
class Cut:
    """Has the worker asked to end from its tenth batch on."""

    shift: Shift
    batches: int = 0

    def __call__(self, _: Batch) -> None:
        self.batches += 1
        self.shift.stopping = self.batches >= 10


def begun(services: Services, *, tile: int = 64) -> Job:
    """A job that is translated in part; nobody is at it."""
    job, shift = send(services, IMAGE), Shift()
    run(services, TwinEngine(Cut(shift), tile=tile), shift)
    assert services.queue.get(job.id).state == "queued"
    return job


def test_a_killed_translation_goes_on_and_gives_the_same_bytes(
    settings: ServeSettings, services: Services, undisturbed: list[str]
) -> None:
    job, engine = send(services, IMAGE), TwinEngine(nothing)
    with twin(settings, "slow") as worker:
        wait_until(lambda: services.queue.get(job.id).progress > 0.5)
        worker.kill()
    run(services, engine)
    assert sums(services, job) == undisturbed
    assert engine.batches < 0.6 * PATCHES
    assert record_of(services, job)["resumed_from_row"] > 400
    assert files_below(services.work) == []


def test_a_translation_that_was_given_back_goes_on(
    services: Services, undisturbed: list[str]
) -> None:
    job, engine = begun(services), TwinEngine(nothing)
    run(services, engine)
    assert sums(services, job) == undisturbed
    assert engine.batches < PATCHES


def with_settings(services: Services, **values: object) -> Services:
    return replace(services, settings=services.settings.model_copy(update=values))


def test_a_translation_goes_on_with_the_patches_it_began_with(services: Services) -> None:
    services = with_settings(services, tile=None)
    whole = send(services, IMAGE)
    run(services, TwinEngine(nothing, tile=96))
    job, engine = begun(services, tile=96), TwinEngine(nothing, tile=128)
    run(services, engine)
    assert record_of(services, job)["tile"] == 96
    assert record_of(services, job)["resumed_from_row"] > 0
    assert sums(services, job) == sums(services, whole)


def test_a_translation_begins_anew_when_the_settings_are_others(services: Services) -> None:
    job, engine = begun(services), TwinEngine(nothing)
    run(with_settings(services, halo=8), engine)
    assert record_of(services, job)["resumed_from_row"] == 0
    assert record_of(services, job)["halo"] == 8


def test_rows_that_another_process_still_holds_are_not_gone_on_from(
    services: Services, undisturbed: list[str]
) -> None:
    job, engine = begun(services), TwinEngine(nothing)
    (kept,) = kept_in(services.work / job.id)
    lock = disk.lock_folder(kept)
    run(services, engine)
    assert lock is not None
    os.close(lock)
    assert sums(services, job) == undisturbed
    assert engine.batches == PATCHES


def test_a_disk_without_room_to_spare_keeps_no_rows_and_holds_the_result(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=32 * 2**20) as folder:
        services = open_services(
            settings_for(folder, tile=None, max_pixels=10**7, png_max_pixels=0)
        )
        migrate(services.settings.database)
        job, shift = send(services, np.full((2000, 2000, 3), 90, np.uint8)), Shift()
        run(services, TwinEngine(Cut(shift), tile=512), shift)
        assert files_below(services.work / job.id / f"{KEPT}1" / "rows") == []
        run(services, TwinEngine(nothing, tile=512))
        assert services.queue.get(job.id).state == "done"


def test_an_error_that_was_not_foreseen_is_not_gone_on_from(services: Services) -> None:
    job = begun(services)

    def break_down(_: Batch) -> None:
        raise ZeroDivisionError

    run(services, TwinEngine(break_down))
    assert services.queue.get(job.id).state == "queued"
    assert files_below(services.work) == []


def test_a_job_that_is_cancelled_between_two_attempts_leaves_nothing(services: Services) -> None:
    job = begun(services)
    assert kept_in(services.work / job.id)
    cancel(services, job.id)
    sweep_work(services)
    assert list(services.work.iterdir()) == []


def test_a_job_that_is_removed_between_two_attempts_leaves_nothing(services: Services) -> None:
    job = begun(services)
    remove(services, job.id)
    assert list(services.work.iterdir()) == []


def test_what_a_waiting_job_has_kept_is_not_swept(services: Services) -> None:
    job = begun(services)
    sweep_work(services)
    assert kept_in(services.work / job.id)


@dataclass
class Preparing(TwinEngine):
    """Takes its time to prepare, in stages that it keeps."""

    in_stage: Callable[[int], None] = lambda _: None
    stages: int = 0
    """How many it went through."""

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> TwinEngine:
        assert room.resume
        for stage in range(10):
            watch.check()
            if not (room.resume / f"{stage}").exists():
                self.in_stage(stage)
                self.stages += 1
                (room.resume / f"{stage}").touch()
            watch.on_progress(stage / 20)
        return super().prepare(reader, room, watch)


def test_an_engine_goes_on_with_what_it_has_kept_itself(services: Services) -> None:
    job, shift = send(services, IMAGE), Shift()

    def cut(stage: int) -> None:
        shift.stopping = stage == 6

    run(services, Preparing(nothing, in_stage=cut), shift)
    engine = Preparing(nothing)
    run(services, engine)
    assert (services.queue.get(job.id).state, engine.stages) == ("done", 3)
    assert files_below(services.work) == []


def test_a_job_is_cancelled_while_its_engine_prepares(services: Services) -> None:
    job = send(services, IMAGE)
    engine = Preparing(nothing, in_stage=lambda _: cancel_job(services, job))
    run(services, engine)
    assert (services.queue.get(job.id).state, engine.stages) == ("cancelled", 1)
    assert files_below(services.work) == []


def cancel_job(services: Services, job: Job) -> None:
    cancel(services, job.id)


def test_a_worker_that_loses_its_job_while_its_engine_prepares_stops(services: Services) -> None:
    job = send(services, IMAGE)
    engine = Preparing(nothing, in_stage=lambda _: take_away(services))
    run(services, engine)
    assert (services.queue.get(job.id).state, engine.stages) == ("running", 1)


def take_away(services: Services) -> None:
    services.queue.release_dead(lambda _: False)
    assert services.queue.claim("another worker")


def test_progress_counts_what_was_prepared(services: Services) -> None:
    job, shift, seen = send(services, IMAGE), Shift(), list[float]()
    run(services, Preparing(Cut(shift), done=0.5), shift)

    def look(_: object) -> None:
        time.sleep(0.03)  # progress is written a few times a second
        seen.append(services.queue.get(job.id).progress)

    run(services, Preparing(look, done=0.5))
    assert seen == sorted(seen)
    assert min(filter(None, seen)) >= 0.45
    assert seen[-1] > 0.75


def test_progress_never_goes_back(services: Services) -> None:
    job = send(services)
    claim = services.queue.claim("a worker")
    assert claim
    with Shift().heartbeat(services.queue, claim, every_s=10) as heartbeat:
        heartbeat.progress(0.6)
        time.sleep(PROGRESS_S)
        heartbeat.progress(0.2)
    assert services.queue.get(job.id).progress == 0.6
