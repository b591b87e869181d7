"""What the dead have left behind goes; what somebody may still want stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from app import disk
from app.services import Services
from app.submissions import cancel
from app.sweeping import LEFTOVER_S, Sweeper, sweep_incoming, sweep_orphans, sweep_work
from app.worker import run_one
from tests.app.service.examples import send

ORPHAN = "2026-11/kI3_-aZ09bcdefghijklmn/input.png"


def test_folders_of_jobs_that_are_gone_or_have_ended_go(services: Services) -> None:
    done, stopped, waiting = send(services), send(services), send(services)
    run_one(services)
    cancel(services, stopped.id)
    for name in (done.id, stopped.id, waiting.id, "a" * 22, "not an id"):
        (services.work / name / "1").mkdir(parents=True)
    sweep_work(services)
    assert [path.name for path in services.work.iterdir()] == [waiting.id]


def test_uploads_of_dead_processes_go(services: Services) -> None:
    (services.incoming / "left").mkdir()
    sweep_incoming(services.incoming)
    assert list(services.incoming.iterdir()) == []


def test_objects_on_their_way_stay_and_those_of_dead_publishers_go(services: Services) -> None:
    (services.outgoing / "left").mkdir()
    with disk.scratch(services.outgoing) as folder:
        Sweeper(services).sweep_if_due()
        assert list(services.outgoing.iterdir()) == [folder]


def test_a_file_that_is_still_growing_stays(services: Services) -> None:
    growing, left = services.incoming / "growing", services.incoming / "left"
    growing.touch()
    left.touch()
    old = time.time() - LEFTOVER_S - 1
    os.utime(left, (old, old))
    sweep_incoming(services.incoming)
    assert list(services.incoming.iterdir()) == [growing]


def test_an_object_without_a_job_goes_when_it_is_seen_twice(
    services: Services, tmp_path: Path
) -> None:
    job = send(services)
    (tmp_path / "file").write_bytes(b"bytes")
    services.store.put(ORPHAN, tmp_path / "file", content_type="image/png", download_name="a.png")
    suspects = sweep_orphans(services, frozenset())
    assert suspects == {ORPHAN}
    assert services.store.stat(ORPHAN)
    assert sweep_orphans(services, suspects) == set()
    assert {key.split("/")[1] for key in list(services.store.keys())} == {job.token}
