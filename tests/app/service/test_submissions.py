"""Sending, cancelling and removing: nothing is half done."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from app.jobs import IdempotencyConflict, JobNotFound, QueueFull
from app.migrations import migrate
from app.services import Services, open_services
from app.submissions import cancel, checked_mpp, remove
from cyclegan.errors import CorruptImage, ModelError, SettingsError
from cyclegan.models.bundled import default_model
from tests.app.disks import fill, small_disk
from tests.app.service.examples import encoded, files_below, noise, send, settings_for


class Untouchable(io.RawIOBase):
    """A stream that nobody may read."""

    def read(self, size: int = -1, /) -> bytes:
        raise AssertionError("the file was read although the request is refused anyway")


def is_clean(services: Services) -> bool:
    return list(services.store.keys()) == [] and files_below(services.incoming) == []


def tokens(services: Services) -> set[str]:
    return {key.split("/")[1] for key in list(services.store.keys())}


def test_a_job_is_queued_with_what_was_found_in_the_image(services: Services) -> None:
    job = send(services, noise(37, 53), mpp="0.5", batch="a batch")
    assert services.queue.get(job.id) == job
    assert (job.state, job.height, job.width, job.mpp) == ("queued", 37, 53, 0.5)
    assert (job.name, job.user, job.batch, job.model) == ("kidney.png", "me", "a batch", "identity")


def test_the_input_is_in_the_store_before_the_job_is_queued(services: Services) -> None:
    job = send(services, noise(37, 53))
    stored = services.store.stat(job.key("input.png"))
    assert (stored.sha256, stored.size) == (job.input_sha256, job.input_bytes)
    assert (stored.content_type, stored.download_name) == ("image/png", "kidney.png")
    preview = services.store.stat(job.key("input-preview.jpg"))
    assert (preview.content_type, preview.download_name) == ("image/jpeg", "kidney-preview.jpg")


def test_the_input_is_named_by_its_content(services: Services) -> None:
    file = io.BytesIO(encoded(noise(5, 7), "TIFF"))
    job = send(services, file=file, filename="../../photo.jpg")
    assert (job.name, job.input_name) == ("photo.jpg", "input.tif")
    assert services.store.stat(job.key("input.tif")).download_name == "photo.tif"


def test_nothing_on_disk_is_named_by_the_sender(services: Services) -> None:
    send(services, filename="sender.png", user="sender", batch="sender", idempotency_key="sender")
    assert not [path for path in services.settings.data_dir.rglob("*") if "sender" in path.name]


def test_ids_and_tokens_cannot_be_guessed_from_each_other(services: Services) -> None:
    first, second = send(services), send(services)
    assert len({first.id, first.token, second.id, second.token}) == 4
    assert min(len(first.id), len(first.token)) >= 22


def test_the_default_model_is_taken_when_none_is_named(services: Services) -> None:
    assert send(services, model=None).model == default_model()


REFUSED_UNREAD: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "model": ({"model": "no-such-model"}, ModelError),
    "path": ({"model": "../models"}, ModelError),
    "mpp": ({"mpp": "NaN"}, SettingsError),
}


@pytest.mark.parametrize("name", REFUSED_UNREAD)
def test_what_is_wrong_beside_the_file_is_refused_before_reading_it(
    services: Services, name: str
) -> None:
    values, kind = REFUSED_UNREAD[name]
    with pytest.raises(kind):
        send(services, file=Untouchable(), **values)
    assert is_clean(services)


@pytest.mark.parametrize("limit", ["max_queued", "max_queued_per_user"])
def test_a_full_queue_refuses_before_reading_the_file(services: Services, limit: str) -> None:
    send(services)
    full = open_services(services.settings.model_copy(update={limit: 1}))
    with pytest.raises(QueueFull):
        send(full, file=Untouchable())


def test_a_queue_that_fills_meanwhile_leaves_nothing(tmp_path: Path, services: Services) -> None:
    strict = open_services(services.settings.model_copy(update={"max_queued": 1}))
    send(strict)
    before = set(services.store.keys())
    with pytest.raises(QueueFull):
        send(strict, idempotency_key="so that the queue is only asked at the end")
    assert set(services.store.keys()) == before
    assert files_below(services.incoming) == []


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e9", "half", "0.049", "20.1", "١٢٣x"])
def test_an_absurd_spacing_is_refused_by_its_name(value: str) -> None:
    with pytest.raises(SettingsError, match=r"mpp .* µm per pixel from 0.05 to 20"):
        checked_mpp(value)


@pytest.mark.parametrize(("value", "mpp"), [(None, None), ("", None), ("0.5", 0.5), (20, 20.0)])
def test_a_spacing_may_be_left_out(value: str | float | None, mpp: float | None) -> None:
    assert checked_mpp(value) == mpp


def test_a_bad_image_leaves_nothing(services: Services) -> None:
    with pytest.raises(CorruptImage):
        send(services, file=io.BytesIO(encoded(noise(37, 53))[:3000]))
    assert is_clean(services)


def test_a_request_sent_again_is_the_same_job_and_keeps_one_input(services: Services) -> None:
    first = send(services, idempotency_key="key")
    again = send(services, idempotency_key="key")
    assert again.id == first.id
    assert tokens(services) == {first.token}


def test_a_request_sent_again_finds_its_job_in_a_full_queue(services: Services) -> None:
    first = send(services, idempotency_key="key")
    full = open_services(services.settings.model_copy(update={"max_queued": 1}))
    assert send(full, idempotency_key="key").id == first.id


def test_another_image_under_the_same_key_is_refused_and_leaves_nothing(
    services: Services,
) -> None:
    first = send(services, noise(37, 53), idempotency_key="key")
    with pytest.raises(IdempotencyConflict):
        send(services, noise(37, 53, seed=1), idempotency_key="key")
    assert tokens(services) == {first.token}


def test_a_removed_job_leaves_nothing(services: Services) -> None:
    job, kept = send(services), send(services)
    (services.work / job.id).mkdir()
    remove(services, job.id)
    with pytest.raises(JobNotFound):
        services.queue.get(job.id)
    assert tokens(services) == {kept.token}
    assert list(services.work.iterdir()) == []


@pytest.mark.parametrize("job_id", ["", "..", "unknown", "a" * 22, "\0"])
def test_an_unknown_job_is_not_found(services: Services, job_id: str) -> None:
    with pytest.raises(JobNotFound):
        remove(services, job_id)
    with pytest.raises(JobNotFound):
        cancel(services, job_id)
    assert services.work.is_dir()


def test_a_waiting_job_is_cancelled_at_once(services: Services) -> None:
    assert cancel(services, send(services).id).state == "cancelled"


def test_data_folders_are_for_this_user_alone(services: Services) -> None:
    folders = [services.settings.data_dir, services.incoming, services.work]
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


def test_a_full_disk_leaves_nothing_and_the_next_image_is_taken_when_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", size=24 * 2**20) as disk:
        services = open_services(settings_for(disk))
        migrate(services.settings.database)
        filler = fill(disk, leave=200_000)
        with pytest.raises(OSError, match="space"):
            send(services, noise(700, 700))
        assert is_clean(services)
        filler.unlink()
        assert send(services, noise(700, 700)).state == "queued"
