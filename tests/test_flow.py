"""The way of an image through the real service, and what sudden death does to it: nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import requests
import tifffile
from numpy.typing import NDArray

from tests.bucket import bucket_server
from tests.running import Running, eventually, noise, png

SIZES = [(1201, 1407), (61, 83), (1, 997)]
"""(height, width): the first is work for a second or more."""
IMAGES = [png(noise(*size, seed=seed)) for seed, size in enumerate(SIZES)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "data")
    yield running
    running.kill()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("shared") / "data")
    yield running
    running.kill()


def result(service: Running, job_id: str) -> bytes:
    """The TIFF of a job that is done."""
    document = service.finish(job_id)
    assert document["state"] == "done", document["error"]
    return service.fetch(document["links"]["result"])


def left_over(service: Running) -> list[Path]:
    """Files of jobs in progress and of uploads being received."""
    folders = (service.data / "work", service.data / "incoming")
    # Unlike rglob, this does not mind that folders go away meanwhile.
    walks = (place for folder in folders for place in os.walk(folder))
    return [Path(place) / name for place, _, names in walks for name in names]


def results_kept(service: Running) -> int:
    """How many jobs have a result in the store."""
    return len([p for p in (service.data / "store").rglob("result.tif") if "partial" not in str(p)])


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 900), (601, 517)])
def test_an_image_comes_back_in_its_size_with_every_pixel(
    shared: Running, height: int, width: int
) -> None:
    pixels = noise(height, width, seed=height)
    tiff = result(shared, shared.submit(png(pixels)))
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(tiff)), pixels)


def test_an_image_is_coloured_by_the_model_that_needs_no_training(shared: Running) -> None:
    pixels = noise(301, 207, seed=1)
    tiff = result(shared, shared.submit(png(pixels), model="colour-mapping"))
    coloured = tifffile.imread(io.BytesIO(tiff))
    assert coloured.shape == pixels.shape
    assert (coloured != pixels).any()


def test_images_of_one_name_are_not_mixed_up(shared: Running) -> None:
    values = (20, 120, 220)
    images = [png(np.full((64, 70, 3), value, np.uint8)) for value in values]
    jobs = [shared.submit(image) for image in images]
    means = [tifffile.imread(io.BytesIO(result(shared, job))).mean() for job in jobs]
    assert means == list(values)


def test_images_of_two_people_who_send_at_once_are_not_mixed_up(shared: Running) -> None:
    people = [requests.Session(), requests.Session()]
    for person in people:
        person.get(shared.url, timeout=60)  # gives the browser its cookie

    def sent_and_fetched(mark: int) -> bool:
        image = np.full((40 + mark % 3, 50, 3), mark, np.uint8)
        answer = requests.post(
            f"{shared.url}/api/v1/jobs",
            files={"file": ("image.png", png(image))},
            data={"model": "identity"},
            cookies=people[mark % 2].cookies,
            timeout=60,
        )
        pixels = tifffile.imread(io.BytesIO(result(shared, answer.json()["id"])))
        return bool(np.array_equal(pixels, image))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(sent_and_fetched, range(20)))


def test_nothing_of_finished_work_is_left_beside_the_store(shared: Running) -> None:
    result(shared, shared.submit(IMAGES[1]))
    eventually(lambda: left_over(shared) == [])


def test_a_killed_worker_is_started_again_and_its_job_is_done(service: Running) -> None:
    job_id = service.submit(IMAGES[0])
    eventually(lambda: service.job(job_id)["state"] == "running")
    eventually(lambda: service.child("app.worker")).kill()
    tiff = result(service, job_id)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(tiff)), noise(*SIZES[0], seed=0))
    assert service.job(job_id)["attempts"] == 2


def test_no_accepted_job_is_lost_or_done_twice_whenever_everything_is_killed(
    service: Running,
) -> None:
    moments = random.Random(20)
    accepted: list[tuple[str, int]] = []
    for _ in range(4):
        accepted += [(service.submit(image), seed) for seed, image in enumerate(IMAGES)]
        time.sleep(moments.uniform(0, 2))
        service.kill()
        service.start()
    for job_id, seed in accepted:
        pixels = tifffile.imread(io.BytesIO(result(service, job_id)))
        np.testing.assert_array_equal(pixels, noise(*SIZES[seed], seed=seed))
    assert results_kept(service) == len(accepted)
    eventually(lambda: left_over(service) == [])


def test_ending_under_load_leaves_no_process_and_loses_no_job(service: Running) -> None:
    jobs = [service.submit(image) for image in (IMAGES[0], *IMAGES)]
    started = psutil.Process(service.supervisor.pid).children(recursive=True)
    assert service.stop() == 0
    assert [process for process in started if process.is_running()] == []
    assert service.processes() == []
    service.start()
    assert {service.finish(job)["state"] for job in jobs} == {"done"}


PUBLISHED = {
    "input.png",
    "input-preview.jpg",
    "input-tiles.tif",
    "result.tif",
    "result.png",
    "result-preview.jpg",
    "provenance.json",
    "quality.json",
    *(f"quality-{name}.png" for name in ("blur", "saturation", "invented", "lost")),
}


def test_a_result_is_seen_at_once_and_its_link_opens_when_the_bucket_is_back(
    tmp_path: Path,
) -> None:
    pixels = noise(301, 407, seed=3)
    settings = {"store": "gcs", "bucket": "lab", "links": "public"}
    with bucket_server() as bucket:
        bucket.create("lab", public=True)
        service = Running(tmp_path / "data", environ=bucket.environ, **settings)
        try:
            bucket.is_away = True
            job_id = service.submit(png(pixels))
            waiting = eventually(lambda: tried_in_vain(service.job(job_id)))
            np.testing.assert_array_equal(pixels_behind(service, waiting), pixels)
            service.kill()
            service.start(wait_for="/healthz")
            bucket.is_away = False
            done = service.finish(job_id)
            assert done["links"]["result"].startswith(f"{bucket.url}/lab/")
            np.testing.assert_array_equal(pixels_behind(service, done), pixels)
            assert {name.split("/")[2] for name in bucket.objects("lab")} == PUBLISHED
        finally:
            service.kill()


def tried_in_vain(document: dict[str, Any]) -> dict[str, Any] | None:
    """The document of a job that could not be published."""
    return document if document["publication"] else None


def pixels_behind(service: Running, document: dict[str, Any]) -> NDArray[np.uint8]:
    """(height, width, 3) of the result that a job's link leads to."""
    return tifffile.imread(io.BytesIO(service.fetch(document["links"]["result"])))


def test_the_zip_of_a_batch_holds_each_result_to_the_byte(shared: Running) -> None:
    jobs = [
        shared.submit(png(noise(61, 83, seed=seed)), name="one name.png", batch="zipped")
        for seed in range(3)
    ]
    results = [result(shared, job) for job in jobs]
    document = json.loads(shared.fetch(shared.job(jobs[0])["links"]["batch"]))
    assert document["counts"]["done"] == document["total"] == len(jobs)
    with zipfile.ZipFile(io.BytesIO(shared.fetch(document["links"]["results"]))) as archive:
        assert archive.testzip() is None
        table = csv.DictReader(io.TextIOWrapper(archive.open("images.csv"), "utf-8-sig"))
        sums = [hashlib.sha256(archive.read(row["file"])).digest() for row in table]
    assert sums == [hashlib.sha256(tiff).digest() for tiff in results]
