"""Regions are translated while jobs run, as the whole image will be, and harm nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest
import sqlalchemy as sa
from PIL import Image

from app import sweeping
from app.asking import ask, drop
from app.database import open_database, writing
from app.job import Job
from app.refusals import LeaseLost
from app.services import Services
from app.settings import ServeSettings
from app.shift import Shift
from app.submissions import remove
from app.sweeping import Sweeper
from app.tables import trials
from app.trial import KEPT, PICTURE, Trial
from app.trying import Trier
from app.worker import run_one
from cyclegan.images.image import Pixels
from cyclegan.images.region import Region
from cyclegan.phantom import grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose
from tests.app.service.examples import noise, result_of, send, settings_for
from tests.app.service.processes import real, twin, wait_until

REGION = Region(31, 47, 90, 110)


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return settings_for(tmp_path / "data", lease_s=30, heartbeat_s=0.2)


@pytest.fixture
def trier(services: Services) -> Iterator[Trier]:
    trier = Trier(services, Shift())
    yield trier
    trier.close()


def order(services: Services, job: Job, *models: str, region: Region = REGION) -> list[Trial]:
    return ask(services, job, region, models or ("identity",), user="me")


def state(services: Services, trial: Trial) -> str:
    return services.trials.get(trial.id).state


def picture(services: Services, trial: Trial) -> Pixels:
    path = services.tried / trial.job / trial.id / PICTURE
    with Image.open(path) as image:
        return np.asarray(image)


def inside(pixels: Pixels, region: Region = REGION) -> Pixels:
    y, x, height, width = region
    return pixels[y : y + height, x : x + width]


def tissue(height: int, width: int) -> Pixels:
    grown = grow(height, width, seed=3)
    return expose(grown.nuclear, grown.counterstain, draw_rig(np.random.default_rng(5))).muse


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_a_region_looks_as_it_does_in_the_whole_result(
    services: Services, trier: Trier, tmp_path: Path
) -> None:
    job = send(services, tissue(240, 300), model="colour-mapping")
    (trial,) = order(services, job, "colour-mapping")
    assert trier.turn()
    made = services.trials.get(trial.id).made
    assert made is not None
    assert (made.y, made.x, made.height_px, made.width_px) == tuple(REGION)
    run_one(services)
    whole = result_of(services, job, tmp_path)
    np.testing.assert_array_equal(picture(services, trial), inside(whole))


def test_a_model_that_wants_larger_pixels_covers_the_region_with_fewer(
    services: Services, trier: Trier, tmp_path: Path
) -> None:
    job = send(services, tissue(256, 320), model="muse2he", mpp=0.125)
    (trial,) = order(services, job, "muse2he", region=Region(33, 50, 64, 130))
    assert trier.turn()
    made = services.trials.get(trial.id).made
    assert made is not None
    assert (made.y, made.x, made.height_px, made.width_px) == (32, 48, 17, 33)
    assert (made.height, made.width) == (68, 132)
    assert "scaled down from 0.125" in made.notes[0]
    run_one(services)
    whole = result_of(services, job, tmp_path)
    alone = picture(services, trial).astype(int)
    assert np.abs(alone - inside(whole, Region(8, 12, 17, 33))).max() <= 1


def test_regions_are_answered_while_a_large_job_runs(
    settings: ServeSettings, services: Services
) -> None:
    large = send(services, noise(6400, 32))
    with twin(settings, "slow"):
        wait_until(lambda: services.queue.get(large.id).progress > 0)
        asked = order(services, large, "identity", "colour-mapping", region=Region(5, 6, 70, 20))
        wait_until(lambda: all(state(services, trial) == "done" for trial in asked))
        running = services.queue.get(large.id)
        assert (running.state, running.attempts) == ("running", 1)
        assert running.progress < 1


def test_a_region_that_kills_its_process_fails_and_the_next_one_is_made(
    services: Services, trier: Trier
) -> None:
    job = send(services, noise(200, 200))
    (deadly,) = order(services, job)
    trier.bench.module = "tests.app.service.deadly_bench"
    assert trier.turn()
    failed = services.trials.get(deadly.id)
    assert (failed.state, failed.error_code) == ("failed", "out_of_memory")
    assert "draw a smaller one" in str(failed.error_message)
    assert list(services.tried.glob("*/*")) == []
    trier.bench.module = "app.bench_child"
    (good,) = order(services, job)
    assert trier.turn()
    assert state(services, good) == "done"


def test_a_region_that_hangs_is_given_up(services: Services, trier: Trier) -> None:
    (hanging,) = order(services, send(services, noise(200, 200)))
    trier.bench.module = "tests.app.service.hanging_bench"
    trier.bench.longest_s = 2
    before = children()
    assert trier.turn()
    assert services.trials.get(hanging.id).error_code == "too_slow"
    assert children() == before


def test_what_a_model_says_of_a_region_is_told(services: Services, trier: Trier) -> None:
    (trial,) = order(services, send(services, noise(200, 200)))
    engine = open_database(services.settings.database)
    with writing(engine) as connection:  # its package was removed meanwhile
        connection.execute(sa.update(trials).values(model="gone"))
    engine.dispose()
    assert trier.turn()
    failed = services.trials.get(trial.id)
    assert (failed.state, failed.error_code) == ("failed", "model_error")
    assert "there is no model 'gone'" in str(failed.error_message)


def test_a_killed_worker_leaves_no_process_and_its_region_is_repeated(
    settings: ServeSettings, services: Services
) -> None:
    large = send(services, noise(6400, 32))
    asked = order(services, large, *["identity"] * 8, region=Region(0, 0, 6000, 30))

    def is_begun() -> bool:
        return any(state(services, trial) == "running" for trial in asked)

    with twin(settings, "slow") as worker:
        wait_until(is_begun)
        offspring = psutil.Process(worker.pid).children(recursive=True)
        worker.kill()
        wait_until(lambda: not any(is_running(process) for process in offspring))
    with real(settings):
        wait_until(lambda: all(state(services, trial) == "done" for trial in asked))
        wait_until(lambda: not list(services.tried.glob("*/*.part")))
    Sweeper(services).sweep_if_due()
    assert list(services.bench.iterdir()) == []


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_worker_that_is_asked_to_end_gives_its_region_back(
    services: Services, trier: Trier
) -> None:
    (trial,) = order(services, send(services, noise(200, 200)))
    trier.shift.stopping = True
    assert trier.turn()
    back = services.trials.get(trial.id)
    assert (back.state, back.attempts, back.owner) == ("queued", 0, None)


def test_a_region_of_workers_that_die_each_time_fails_with_a_reason(services: Services) -> None:
    (trial,) = order(services, send(services, noise(200, 200)))
    for _ in range(3):
        assert services.trials.claim("a worker") is not None
        services.trials.release_dead(lambda _: False)
    failed = services.trials.get(trial.id)
    assert (failed.state, failed.error_code) == ("failed", "worker_died")
    assert services.trials.claim("another") is None


def test_a_worker_that_was_thought_dead_changes_nothing(services: Services) -> None:
    order(services, send(services, noise(200, 200)))
    sleeper = services.trials.claim("a worker")
    services.trials.release_dead(lambda _: False)
    assert sleeper is not None
    assert services.trials.claim("another") is not None
    with pytest.raises(LeaseLost):
        services.trials.fail(sleeper, "late", "too late")


@pytest.mark.parametrize("goes", ["trial", "job"])
def test_what_nobody_wants_any_more_is_stopped_and_leaves_nothing(
    services: Services, trier: Trier, goes: str
) -> None:
    job = send(services, noise(200, 200))
    (trial,) = order(services, job)
    trier.bench.module = "tests.app.service.hanging_bench"
    heartbeat = services.trials.heartbeat

    def gone(held: Trial) -> None:
        drop(services, trial) if goes == "trial" else remove(services, job.id)
        heartbeat(held)

    object.__setattr__(services.trials, "heartbeat", gone)
    assert trier.turn()
    trier.close()
    assert list(services.tried.glob("*/*")) == []
    assert list(services.bench.iterdir()) == []


def test_old_regions_and_what_belongs_to_none_are_swept(services: Services, trier: Trier) -> None:
    job = send(services, noise(200, 200))
    old, new = order(services, job, "identity", "colour-mapping")
    assert trier.turn()
    assert trier.turn()
    left = services.tried / job.id / "a-trial-that-is-gone.part"
    left.mkdir()
    (services.tried / "a-job-that-is-gone").mkdir()
    engine = open_database(services.settings.database)
    with writing(engine) as connection:
        aged = {"created": old.created - KEPT - timedelta(seconds=1)}
        connection.execute(sa.update(trials).where(trials.c.id == old.id).values(aged))
    engine.dispose()
    sweeping.sweep_trials(services)
    assert [path.name for path in services.tried.glob("*/*")] == [new.id]
    assert [path.name for path in services.tried.iterdir()] == [job.id]
    assert [trial.id for trial in services.trials.of_job(job.id)] == [new.id]


def test_an_idle_bench_gives_everything_back(services: Services) -> None:
    now = [0.0]
    trier = Trier(services, Shift(), clock=lambda: now[0])
    order(services, send(services, noise(200, 200)))
    assert trier.turn()
    assert not trier.turn()
    assert list(services.bench.iterdir()) != []
    now[0] += 301
    before = children()
    assert not trier.turn()
    assert len(children()) < len(before)
    assert list(services.bench.iterdir()) == []
