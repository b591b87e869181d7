"""One worker at its jobs: each comes to the right end, and leaves what it should."""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from app import objects
from app.documents import ResultSize, job_document
from app.jobs import JobNotFound
from app.migrations import migrate
from app.pages.facts import facts
from app.services import Services, open_services
from app.shift import Shift
from app.stores import StoredObject
from app.stores.local import LocalStore
from app.stores.store import nothing
from app.submissions import cancel, remove
from app.view import view_of
from app.worker import FAREWELL_S, run, run_one
from cyclegan.engines.engine import Batch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from cyclegan.phantom import grow
from cyclegan.quality.maps import MAPS as MAPS_OF_QUALITY
from cyclegan.stains import render
from tests.app.disks import fill, small_disk
from tests.app.service.examples import (
    TwinCatalogue,
    TwinEngine,
    files_below,
    noise,
    result_of,
    send,
    settings_for,
    with_engine,
)

MAPS = {f"quality-{name}.png" for name in ("blur", "saturation", "invented", "lost")}
RESULTS = {
    "input-tiles.tif",
    "result.tif",
    "result.png",
    "result-preview.jpg",
    "provenance.json",
    "quality.json",
} | MAPS
INPUTS = {"input.png", "input-preview.jpg"}


def names(services: Services) -> set[str]:
    return {key.split("/")[2] for key in list(services.store.keys())}


def nothing_is_left(services: Services) -> bool:
    return [*services.work.iterdir(), *services.incoming.iterdir()] == []


def test_without_jobs_there_is_nothing_to_do(services: Services) -> None:
    assert not run_one(services)


def test_a_job_is_translated_published_and_done(services: Services, tmp_path: Path) -> None:
    pixels = noise(131, 67)
    job = send(services, pixels)
    assert run_one(services)
    done = services.queue.get(job.id)
    assert (done.state, done.attempts, set(done.objects)) == ("done", 1, RESULTS | INPUTS)
    assert np.array_equal(result_of(services, job, tmp_path), pixels)
    assert nothing_is_left(services)


def test_progress_is_recorded_to_the_end(services: Services) -> None:
    job = send(services, noise(131, 67))
    run_one(services)
    done = services.queue.get(job.id)
    assert done.progress == 1


def test_a_small_result_is_a_png_too(services: Services, tmp_path: Path) -> None:
    pixels = noise(37, 53)
    job = send(services, pixels)
    run_one(services)
    services.store.fetch(job.key("result.png"), tmp_path / "result.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "result.png")), pixels)
    stored = services.store.stat(job.key("result.png"))
    assert (stored.content_type, stored.download_name) == ("image/png", "kidney-he.png")


def test_a_large_result_is_no_png(services: Services) -> None:
    settings = services.settings.model_copy(update={"png_max_pixels": 37 * 53 - 1})
    send(services, noise(37, 53))
    run_one(replace(services, settings=settings))
    assert names(services) == (RESULTS | INPUTS) - {"result.png"}


def test_the_spacing_that_was_given_is_in_the_result(services: Services, tmp_path: Path) -> None:
    job = send(services, mpp="0.5")
    run_one(services)
    services.store.fetch(job.key("result.tif"), tmp_path / "result.tif")
    with open_image(tmp_path / "result.tif", scratch=tmp_path) as reader:
        assert reader.info.spacing_um == pytest.approx(0.5, rel=1e-4)


def test_an_image_is_translated_with_pixels_of_the_model_s_size(
    services: Services, tmp_path: Path
) -> None:
    job = send(services, noise(64, 96), mpp="0.5")
    run_one(replace(services, catalogue=TwinCatalogue(spacing_um=1.0)))
    assert result_of(services, job, tmp_path).shape == (32, 48, 3)
    done = services.queue.get(job.id)
    document = job_document(services, done)
    assert (document.width, document.height, document.mpp) == (96, 64, 0.5)
    assert document.result == ResultSize(width=48, height=32, mpp=1.0, blank_px=0)
    assert "1 µm" in document.qc.notes[-1]
    assert ("Result", "48 × 32 px, 1 µm each") in facts(done, result=document.result, card=None)


def test_an_image_that_is_read_as_it_is_has_a_result_of_its_size(services: Services) -> None:
    job = send(services, noise(64, 96))
    assert job_document(services, job).result is None
    run_one(services)
    done = services.queue.get(job.id)
    document = job_document(services, done)
    assert document.result == ResultSize(width=96, height=64, mpp=None, blank_px=0)
    assert document.qc.notes == []
    assert "Result" not in dict(facts(done, result=document.result, card=None))


def test_blank_background_stays_white_where_asked(services: Services, tmp_path: Path) -> None:
    pixels = np.full((700, 300, 3), 20, np.uint8)
    pixels[:150] = noise(150, 300)
    settings = services.settings.model_copy(update={"skip_blank": True})
    job = send(services, pixels)
    run_one(replace(services, settings=settings))
    assert (result_of(services, job, tmp_path)[600:] == 255).all()
    done = services.queue.get(job.id)
    result = job_document(services, done).result
    assert result
    assert 0.3 < result.blank_px / pixels[..., 0].size < 0.8
    assert "Left white" in dict(facts(done, result=result, card=None))


def test_a_result_is_compressed_as_it_is_set(services: Services, tmp_path: Path) -> None:
    settings = services.settings.model_copy(update={"compression": "jpeg"})
    job = send(services, np.full((300, 300, 3), (90, 40, 160), np.uint8))
    run_one(replace(services, settings=settings))
    services.store.fetch(job.key("result.tif"), tmp_path / "result.tif")
    with tifffile.TiffFile(tmp_path / "result.tif") as tiff:
        assert tiff.pages.first.compression == tifffile.COMPRESSION.JPEG


def test_a_result_says_what_made_it(services: Services, tmp_path: Path) -> None:
    job = send(services)
    run_one(services)
    with services.store.open(job.key("provenance.json")) as stream:
        record = json.load(stream)
    assert record == services.queue.get(job.id).provenance
    assert (record["model"], record["input_sha256"]) == ("identity", job.input_sha256)
    assert {"program", "weights_sha256", "engine", "tile", "halo", "blend"} <= set(record)


def test_a_result_says_which_files_it_has(services: Services) -> None:
    job = send(services)
    run_one(services)
    record = services.queue.get(job.id).provenance or {}
    kept = {name: services.store.stat(job.key(name)) for name in RESULTS - {"provenance.json"}}
    files = {name: {"bytes": about.size, "sha256": about.sha256} for name, about in kept.items()}
    assert record["files"] == files
    assert record["input"] == {"bytes": job.input_bytes, "sha256": job.input_sha256}


def test_a_result_says_under_which_circumstances_it_was_made(services: Services) -> None:
    job = send(services)
    run_one(services)
    done = services.queue.get(job.id)
    record: dict[str, Any] = done.provenance or {}
    assert set(record["versions"]) == {"color-mapper", "python", "numpy", "tifffile"}
    assert record["settings"] == {
        **{"stats": None, "scratch_bytes": None, "tile": 64, "halo": 16, "blend": None},
        **{"skip_blank": False, "compression": "deflate"},
        "png_max_pixels": services.settings.png_max_pixels,
    }
    assert record["device"] == "cpu"
    assert record["timings"]["created"] == job.created.isoformat()
    assert done.started
    assert record["timings"]["started"] == done.started.isoformat()
    assert record["timings"]["seconds"] > 0


@pytest.mark.parametrize(
    ("user", "who"), [("visitor:abc", "visitor:abc"), ("address:192.0.2.7", None), ("me", None)]
)
def test_a_result_names_its_visitor_but_never_an_address(
    services: Services, user: str, who: str | None
) -> None:
    job = send(services, user=user)
    run_one(services)
    record = services.queue.get(job.id).provenance or {}
    assert record["who"] == who
    for name in RESULTS:
        with services.store.open(job.key(name)) as stream:
            assert b"192.0.2.7" not in stream.read()


def test_the_pictures_do_not_say_who_made_them_or_when(services: Services, tmp_path: Path) -> None:
    job = send(services, user="visitor:abc")
    run_one(services)
    services.store.fetch(job.key("result.tif"), tmp_path / "result.tif")
    with tifffile.TiffFile(tmp_path / "result.tif") as tiff:
        told = json.loads(tiff.pages.first.description)
    assert told["input_sha256"] == job.input_sha256
    assert not {"who", "timings", "files", "versions"} & set(told)


def test_a_network_says_what_it_ran_on(services: Services) -> None:
    pytest.importorskip("torch")
    from cyclegan.engines import generator

    class FakeGenerator(IdentityEngine):
        """Defined beside torch, as the engines of networks are."""

        def provenance(self) -> Mapping[str, object]:
            return {"engine": "generator", "runtime": "openvino"}

    FakeGenerator.__module__ = generator.__name__
    job = send(services)
    run_one(replace(services, catalogue=TwinCatalogue(FakeGenerator())))
    record: dict[str, Any] = services.queue.get(job.id).provenance or {}
    assert {"torch", "openvino"} <= set(record["versions"])


def test_a_result_has_the_same_bytes_however_often_it_is_made(services: Services) -> None:
    jobs = [send(services, noise(37, 53)) for _ in range(2)]
    while run_one(services):
        pass
    # The document beside the pictures tells when they were made, and for whom.
    pictures = sorted(RESULTS - {"provenance.json"})
    first, second = (
        [services.store.stat(job.key(name)).sha256 for name in pictures] for job in jobs
    )
    assert first == second


def test_the_engine_stays_for_the_next_job(services: Services) -> None:
    engine = TwinEngine(lambda _: None)
    twin = replace(services, catalogue=TwinCatalogue(engine))
    send(twin)
    send(twin)
    shift = Shift()
    assert run_one(twin, shift)
    assert run_one(twin, shift)
    assert engine.images == 2
    assert shift.shelf.held is not None
    assert shift.shelf.held.engine is engine


def test_an_image_that_cannot_be_read_fails_at_once_and_says_why(services: Services) -> None:
    job = send(services, noise(100, 100))
    strict = services.settings.model_copy(update={"max_pixels": 100})
    run_one(replace(services, settings=strict))
    failed = services.queue.get(job.id)
    assert (failed.state, failed.attempts, failed.error_code) == ("failed", 1, "image_too_large")
    assert "100" in (failed.error_message or "")
    assert names(services) == INPUTS
    assert nothing_is_left(services)


def test_settings_that_do_not_fit_fail_the_job_at_once(services: Services) -> None:
    job = send(services)

    def halo(_: Batch) -> None:
        pass

    twin = replace(services, catalogue=TwinCatalogue(TwinEngine(halo, halo=32)))
    twin = replace(twin, settings=services.settings.model_copy(update={"halo": 128}))
    run_one(twin)
    assert services.queue.get(job.id).error_code == "settings_error"


def test_an_input_that_is_gone_fails_the_job_at_once(services: Services) -> None:
    job = send(services)
    services.store.delete(job.key("input.png"))
    run_one(services)
    assert services.queue.get(job.id).error_code == "corrupt_image"


def test_an_unforeseen_error_is_tried_again_and_shown_by_its_number(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_: Batch) -> None:
        raise ZeroDivisionError("secret")

    job, twin = send(services), with_engine(services, break_down)
    for _ in range(3):
        assert services.queue.get(job.id).state == "queued"
        assert run_one(twin)
    failed = services.queue.get(job.id)
    assert (failed.state, failed.attempts, failed.error_code) == ("failed", 3, "internal_error")
    number = (failed.error_message or "").split()[-1]
    assert f"error {number}" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in (failed.error_message or "")
    assert nothing_is_left(services)


def test_a_job_that_breaks_down_does_not_harm_the_next(services: Services) -> None:
    bad, good = send(services, noise(5, 5)), send(services, noise(6, 6))

    def break_down(batch: Batch) -> None:
        if batch.shape[1] == 5:
            raise ZeroDivisionError

    twin = with_engine(services, break_down)
    while run_one(twin):
        pass
    assert [services.queue.get(job.id).state for job in (bad, good)] == ["failed", "done"]


def test_a_running_job_stops_when_it_is_cancelled(services: Services) -> None:
    job, batches = send(services, noise(640, 64)), list[int]()

    def ask_to_cancel(_: Batch) -> None:
        batches.append(1)
        cancel(services, job.id)

    run_one(with_engine(services, ask_to_cancel))
    stopped = services.queue.get(job.id)
    assert (stopped.state, stopped.attempts) == ("cancelled", 1)
    assert len(batches) < 10
    assert names(services) == INPUTS
    assert nothing_is_left(services)


def test_a_job_removed_while_it_runs_leaves_nothing(services: Services) -> None:
    job = send(services, noise(640, 64))
    run_one(with_engine(services, lambda _: remove_once(services, job.id)))
    assert names(services) == set()
    assert nothing_is_left(services)


def remove_once(services: Services, job_id: str) -> None:
    with suppress(JobNotFound):
        remove(services, job_id)


def test_a_job_removed_while_it_is_published_leaves_nothing(services: Services) -> None:
    job = send(services)
    store = InterruptedStore(services, lambda: remove_once(services, job.id))
    run_one(replace(services, store=store, staging=store))
    assert names(services) == set()
    assert nothing_is_left(services)


def test_a_worker_that_is_asked_to_end_gives_its_job_back(services: Services) -> None:
    job, shift = send(services, noise(640, 64)), Shift()

    def ask_to_end(_: Batch) -> None:
        shift.stopping = True

    run_one(with_engine(services, ask_to_end), shift)
    back = services.queue.get(job.id)
    assert (back.state, back.attempts) == ("queued", 0)
    assert run_one(services)
    assert services.queue.get(job.id).state == "done"


def test_a_worker_that_has_lost_its_job_publishes_nothing(services: Services) -> None:
    job = send(services, noise(64, 64))
    run_one(with_engine(services, lambda _: take_away(services)))
    taken = services.queue.get(job.id)
    assert (taken.state, names(services)) == ("running", INPUTS)


def take_away(services: Services) -> None:
    services.queue.release_dead(lambda _: False)
    assert services.queue.claim("another worker")


def test_a_worker_that_loses_its_job_while_publishing_publishes_no_more(
    services: Services,
) -> None:
    send(services)
    store = InterruptedStore(services, lambda: take_away(services))
    run_one(replace(services, store=store, staging=store))
    assert len(names(services) & RESULTS) == 1


def test_a_worker_that_has_lost_its_job_after_translating_finishes_nothing(
    services: Services,
) -> None:
    job, patches = send(services, noise(64, 128)), list[int]()

    def take_away_at_last(_: Batch) -> None:
        patches.append(1)
        if len(patches) == 2:
            take_away(services)

    run_one(with_engine(services, take_away_at_last))
    assert not (services.work / job.id / "finished").exists()


def test_a_worker_that_has_lost_its_job_leaves_the_next_ones_files_alone(
    services: Services,
) -> None:
    job = send(services, noise(64, 64))
    other = services.work / job.id / "2" / "results"

    def take_over(_: Batch) -> None:
        take_away(services)
        other.mkdir(parents=True)

    run_one(with_engine(services, take_over))
    assert other.is_dir()


def test_a_job_that_was_finished_but_not_published_is_not_translated_again(
    services: Services, tmp_path: Path
) -> None:
    pixels = noise(37, 53)
    job, engine = send(services, pixels), TwinEngine(lambda _: None)
    store = InterruptedStore(services, fail)
    run_one(replace(services, store=store, staging=store, catalogue=TwinCatalogue(engine)))
    assert services.queue.get(job.id).state == "queued"
    run_one(replace(services, catalogue=TwinCatalogue(engine)))
    assert (services.queue.get(job.id).state, engine.images) == ("done", 1)
    assert np.array_equal(result_of(services, job, tmp_path), pixels)
    assert nothing_is_left(services)


def test_what_an_interrupted_attempt_has_published_is_replaced(
    services: Services, tmp_path: Path
) -> None:
    job, path = send(services), tmp_path / "other.tif"
    path.write_bytes(b"another result")
    services.store.put(
        job.key("result.tif"), path, content_type="image/tiff", download_name="a.tif"
    )
    run_one(services)
    assert np.array_equal(result_of(services, job, tmp_path), noise(37, 53))


class InterruptedStore(LocalStore):
    """The local store, but something happens while each object is being put."""

    def __init__(self, services: Services, meanwhile: Callable[[], None]) -> None:
        super().__init__(services.settings.data_dir / "store")
        self._outside = services.settings.data_dir.parent
        self._meanwhile = meanwhile

    def put(
        self,
        key: str,
        path: Path,
        *,
        content_type: str,
        download_name: str,
        on_progress: Callable[[], None] = nothing,
    ) -> StoredObject:
        opened = Path(shutil.copy(path, self._outside))
        self._meanwhile()
        return super().put(
            key,
            opened,
            content_type=content_type,
            download_name=download_name,
            on_progress=on_progress,
        )


def fail() -> None:
    raise ZeroDivisionError


def test_a_full_disk_costs_no_attempt_and_the_job_is_done_when_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", size=48 * 2**20) as disk:
        services = open_services(settings_for(disk))
        migrate(services.settings.database)
        job, shift = send(services, noise(900, 900)), Shift()
        filler = fill(disk, leave=1_500_000)
        for _ in range(4):
            assert run_one(services, shift)
        waiting = services.queue.get(job.id)
        assert (waiting.state, waiting.attempts) == ("queued", 0)
        assert shift.pausing
        assert files_below(services.work) == []
        filler.unlink()
        assert run_one(services)
        assert services.queue.get(job.id).state == "done"


def test_a_job_too_large_for_the_disk_fails_and_says_so(services: Services) -> None:
    def no_room(_: Batch) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    job, twin = send(services), with_engine(services, no_room)
    while run_one(twin):
        pass
    assert services.queue.get(job.id).error_code == "disk_full"


def test_two_workers_share_the_jobs_and_mix_nothing(services: Services, tmp_path: Path) -> None:
    images = [np.full((40 + i, 30, 3), 10 * i, np.uint8) for i in range(4)]
    jobs = [send(services, image, filename="same.png") for image in images]

    def work() -> None:
        own, shift = open_services(services.settings), Shift()
        while run_one(own, shift):
            pass

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job, image in zip(jobs, images, strict=True):
        assert np.array_equal(result_of(services, job, tmp_path), image)


def test_a_worker_whose_database_is_away_asks_again_after_a_pause_and_ends_when_asked_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nobodys = "postgresql://nobody@127.0.0.1:1/none"
    services, shift = open_services(settings_for(tmp_path / "data", database_url=nobodys)), Shift()
    working = Thread(target=run, args=(services, shift))
    working.start()
    time.sleep(1)
    shift.stopping = True
    working.join(FAREWELL_S)
    assert not working.is_alive()
    assert caplog.text.count("the worker pauses") == 1


def broken_reader(*_: object, **__: object) -> object:
    raise RuntimeError("a fault of ours")


def test_a_result_is_there_though_its_quality_could_not_be_looked_at(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.assessment.survey", broken_reader)
    job = send(services, noise(131, 67))
    run_one(services)
    done = services.queue.get(job.id)
    assert (done.state, set(done.objects)) == ("done", (RESULTS | INPUTS) - MAPS - {"quality.json"})
    quality = job_document(services, done).qc
    assert (quality.assessed, quality.maps, quality.verdicts) == (False, [], [])
    assert "quality remains unknown" in caplog.text


def test_what_is_found_of_a_result_is_told_with_its_maps(services: Services) -> None:
    job = send(services, stained(200, 300), model="colour-mapping")
    assert [verdict["code"] for verdict in job.verdicts] == ["already_he"]
    run_one(services)
    quality = job_document(services, services.queue.get(job.id)).qc
    assert quality.assessed
    assert [verdict.code for verdict in quality.verdicts] == ["already_he"]
    assert [drawn.name for drawn in quality.maps] == ["blur", "saturation"]
    key = quality.maps[0].link.removeprefix("/results/")
    with services.staging.open(f"{job.month}/{key}") as file, Image.open(file) as overlay:
        cell = quality.maps[0].width / overlay.width
        assert overlay.mode == "RGBA"
        assert cell == quality.maps[0].height / overlay.height
        assert 0 <= quality.maps[0].width - 300 < cell
    overlays = view_of(services, services.queue.get(job.id)).overlays
    assert [overlay.title for overlay in overlays] == ["Out of focus", "Overexposed"]
    assert [overlay.width for overlay in overlays] == [drawn.width for drawn in quality.maps]


def stained(height: int, width: int) -> Pixels:
    """A section that is stained with haematoxylin and eosin."""
    tissue = grow(height, width)
    return render(tissue.nuclear, tissue.counterstain)


def test_deleting_a_job_removes_what_is_known_of_its_quality(services: Services) -> None:
    job = send(services)
    run_one(services)
    remove(services, job.id)
    assert names(services) == set()


def test_every_map_has_the_name_of_its_file() -> None:
    assert set(objects.OVERLAYS) == set(MAPS_OF_QUALITY)
