"""The real worker and the real client, and a bucket: killed, asked to end, met with silence."""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import pytest

from app import objects
from app.job import Job
from app.migrations import migrate
from app.services import Services, open_services
from app.settings import ServeSettings
from app.submissions import remove
from tests.app.service.examples import noise, send, settings_for
from tests.app.service.processes import LONG_S, Process, real, wait_until
from tests.app.service.slow_road import Road, slow_road
from tests.app.service.twin_bucket import TwinBucket, with_bucket
from tests.bucket import STORES, Bucket, bucket_server

log = logging.getLogger(__name__)

KILLS = 20
JOBS = 8
SIZES = {"result.tif": 7 * 2**20, "result.png": 10 * 2**20}
"""Bytes: more than the system takes from a sender at once, and what goes up in one piece or two."""


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with bucket_server() as bucket:
        bucket.create("results", public=True)
        yield bucket


@pytest.fixture
def road(bucket: Bucket) -> Iterator[Road]:
    with slow_road(bucket.url, bytes_per_s=12 * 2**20) as road:
        yield road


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return settings_for(tmp_path / "data", lease_s=4, heartbeat_s=0.4, attempts=50)


@pytest.fixture
def services(settings: ServeSettings) -> Services:
    """As the worker has them, but with no way to the bucket."""
    services = with_bucket(open_services(settings), TwinBucket())
    migrate(settings.database)
    return services


def worker(settings: ServeSettings, road: Road) -> AbstractContextManager[Process]:
    environ = {"STORAGE_EMULATOR_HOST": road.url, "GOOGLE_CLOUD_PROJECT": "test"}
    return real(settings, environ, store="gcs", bucket="results", links="public")


def handed_over(services: Services, seed: int) -> Job:
    """A job that waits to be published, which takes a second or two on the slow line."""
    job = send(services, noise(37, 53))
    claim = services.queue.claim("a worker")
    assert claim
    services.queue.publishing(claim, {})
    path = services.incoming / "result"
    for name, size in SIZES.items():
        path.write_bytes(random.Random(f"{seed} {name}").randbytes(size))
        objects.keep(services.staging, job, name, path)
        path.unlink()
    services.queue.hand_over(claim, (job.input_name, objects.INPUT_PREVIEW, *SIZES))
    return services.queue.get(job.id)


def staged(services: Services) -> list[str]:
    return list(services.staging.keys())


def sums(services: Services, jobs: list[Job]) -> dict[str, str]:
    """Key -> SHA-256 of all that is to be published."""
    keys = [job.key(name) for job in jobs for name in job.objects]
    return {key: services.staging.stat(key).sha256 for key in keys}


def sums_recorded(services: Services, jobs: list[Job]) -> dict[str, str]:
    """Key -> SHA-256 of what was translated meanwhile, as it was recorded."""
    found: dict[str, str] = {}
    for job in jobs:
        files = cast("dict[str, Any]", services.queue.get(job.id).provenance)["files"]
        found |= {job.key(name): about["sha256"] for name, about in files.items()}
        found |= {job.key(job.input_name): job.input_sha256}
    return found


def published(bucket: Bucket) -> dict[str, str]:
    """Key -> SHA-256 of all that is in the bucket."""
    return {key: hashlib.sha256(data).hexdigest() for key, data in bucket.objects().items()}


def left_over(services: Services) -> list[Path]:
    folders = (services.work, services.incoming, services.outgoing)
    return [path for folder in folders for path in folder.iterdir()]


def are_done(services: Services, jobs: list[Job]) -> bool:
    return {services.queue.get(job.id).state for job in jobs} == {"done"}


@pytest.mark.slow
def test_no_kill_while_publishing_loses_an_object_or_leaves_one_too_many(
    settings: ServeSettings,
    services: Services,
    bucket: Bucket,
    road: Road,
    caplog: pytest.LogCaptureFixture,
) -> None:
    moments = random.Random(3)
    jobs = [handed_over(services, seed) for seed in range(JOBS)]
    wanted = sums(services, jobs)
    translated = [send(services, noise(300, 300, seed)) for seed in range(3)]
    in_uploads = 0
    for _ in range(KILLS):
        with worker(settings, road) as process:
            wait_until(lambda: road.under_way > 0)
            time.sleep(moments.uniform(0, 0.8))
            in_uploads += road.under_way
            process.kill()
        wait_until(lambda: road.under_way == 0)
    counts = f"of {KILLS} kills {in_uploads} came in an upload, {road.cut} cut its bytes off"
    with caplog.at_level(logging.INFO):
        log.info(counts)
    assert not are_done(services, jobs), counts
    with worker(settings, road):
        wait_until(lambda: are_done(services, [*jobs, *translated]))
        wait_until(lambda: {key.split("/")[2] for key in staged(services)} <= {*objects.PREVIEWS})
        wait_until(lambda: left_over(services) == [])
    found, recorded = published(bucket), sums_recorded(services, translated)
    assert in_uploads >= KILLS // 4, counts
    assert road.cut > 0, counts
    assert {key: found[key] for key in wanted | recorded} == wanted | recorded, counts
    assert set(found) == set(wanted) | {
        services.queue.get(job.id).key(name)
        for job in translated
        for name in services.queue.get(job.id).objects
    }, counts


def test_a_worker_asked_to_end_in_an_upload_ends_and_the_next_one_publishes(
    settings: ServeSettings, services: Services, bucket: Bucket, road: Road
) -> None:
    job = handed_over(services, 1)
    wanted = sums(services, [job])
    with worker(settings, road) as process:
        wait_until(lambda: road.under_way > 0)
        process.terminate()
        assert process.wait(LONG_S) == 0
    back = services.queue.get(job.id)
    assert (back.state, back.publish_tries) == ("publishing", 0)
    assert services.queue.claim_publication("somebody") is not None, "it is held by nobody"
    services.queue.release_dead(lambda _: False)
    assert len(bucket.objects()) < len(wanted)
    with worker(settings, road):
        wait_until(lambda: are_done(services, [job]))
    assert published(bucket) == wanted


def test_a_worker_asked_to_end_while_the_bucket_is_silent_ends_all_the_same(
    settings: ServeSettings, services: Services, bucket: Bucket, road: Road
) -> None:
    job = handed_over(services, 1)
    bucket.faults.silence(LONG_S, on=STORES)
    with worker(settings, road) as process:
        wait_until(lambda: bucket.faults.fired["silence"] > 0)
        process.terminate()
        assert process.wait(LONG_S) == 0
    assert services.queue.get(job.id).state == "publishing"
    assert services.queue.claim_publication("somebody") is not None, "it is held by nobody"


def test_a_job_removed_in_an_upload_leaves_no_object(
    settings: ServeSettings, services: Services, bucket: Bucket, road: Road
) -> None:
    job, kept = handed_over(services, 1), handed_over(services, 2)
    wanted = sums(services, [kept])
    with worker(settings, road):
        wait_until(lambda: road.under_way > 0)
        remove(services, job.id)
        wait_until(lambda: are_done(services, [kept]))
        wait_until(lambda: published(bucket) == wanted)
    assert {key.split("/")[1] for key in staged(services)} == {kept.token}
