"""Results on their way from this machine to a bucket: never lost, never twice, never in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from app import objects
from app.backoff import Backoff
from app.database import DatabaseUnavailable
from app.job import Job
from app.jobs import JobNotFound
from app.publisher import AHEAD_EVERY_S, UNFORESEEN_S, Publisher
from app.removing import RECHECK
from app.scope import EVERYBODYS, Scope
from app.services import Services
from app.shift import Shift
from app.stores import StoreRefused
from app.submissions import cancel, remove
from app.sweeping import Sweeper, sweep_orphans, sweep_published
from app.worker import guarded, keep_on, run_one
from tests.app.service.examples import noise, result_of, send
from tests.app.service.passing import time_passes
from tests.app.service.twin_bucket import Before, Clock, TwinBucket, away, let, with_bucket

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
PREVIEWS = {"input-preview.jpg", "result-preview.jpg"} | MAPS
LONG_S = 100.0
"""Longer than any pause."""
GRANT = "the service account may not write: grant it roles/storage.objectUser on the bucket"


@pytest.fixture
def bucket() -> TwinBucket:
    return TwinBucket()


@pytest.fixture
def published(services: Services, bucket: TwinBucket) -> Services:
    return with_bucket(services, bucket)


def publisher_of(services: Services, shift: Shift | None = None) -> Publisher:
    """A publisher that pauses by a clock that stands still."""
    clock = Clock()
    return Publisher(
        services,
        shift or Shift(),
        clock=clock,
        publishing=Backoff(clock=clock),
        removing=Backoff(clock=clock),
        looking_ahead=Backoff(clock=clock),
        stumbling=Backoff(clock=clock),
    )


def turn_all(publisher: Publisher) -> None:
    """Have it do all that is due, as the worker's thread does."""
    while guarded(publisher.turn, publisher.stumble):
        pass


def publish_all(services: Services) -> None:
    turn_all(publisher_of(services))


def pass_time(publisher: Publisher, seconds: float) -> None:
    assert isinstance(publisher.clock, Clock)
    publisher.clock.now += seconds
    time_passes(publisher.services, seconds)


def translated(services: Services, pixels: np.ndarray | None = None) -> Job:
    """A job that waits to be published."""
    job = send(services, pixels)
    assert run_one(services)
    return services.queue.get(job.id)


def staged(services: Services) -> set[str]:
    return {key.split("/")[2] for key in list(services.staging.keys())}


def names(bucket: TwinBucket) -> set[str]:
    return {key.split("/")[2] for key in bucket.holds()}


def nothing_is_left(services: Services) -> bool:
    folders = (services.work, services.incoming, services.outgoing)
    return [path for folder in folders for path in folder.iterdir()] == []


def fails_at(verb: str, error: Exception) -> Before:
    def before(asked: str, _key: str) -> None:
        if asked == verb:
            raise error

    return before


def once_at(verb: str, name: str, call: Callable[[], object]) -> Before:
    """Do something before the first request of a kind."""
    calls = [call]

    def before(asked: str, key: str) -> None:
        if asked == verb and key.endswith(name) and calls:
            calls.pop()()

    return before


def test_an_upload_asks_no_bucket(published: Services, bucket: TwinBucket) -> None:
    send(published)
    assert bucket.asked == []
    assert staged(published) == INPUTS


def test_a_result_is_seen_here_while_the_bucket_is_away(
    published: Services, bucket: TwinBucket
) -> None:
    bucket.before = away
    job = translated(published, noise(37, 53))
    publish_all(published)
    job = published.queue.get(job.id)
    assert (job.state, job.publish_code) == ("publishing", "bucket_unavailable")
    assert job.publish_message == "the bucket does not answer"
    for name in job.objects:
        stored, stream = objects.opened(published, job, name)
        with stream:
            assert len(stream.read()) == stored.size


def test_a_translated_job_is_handed_over_with_all_its_names(published: Services) -> None:
    job = translated(published)
    assert (job.state, set(job.objects)) == ("publishing", RESULTS | INPUTS)
    assert job.publish_due is not None
    assert nothing_is_left(published)


def test_what_a_dead_worker_had_finished_is_published_without_translating_it_again(
    published: Services, bucket: TwinBucket
) -> None:
    """So the version before this one, which published by itself, may have left its jobs."""
    job = send(published)
    claim = published.queue.claim("a dead worker")
    assert claim
    finished = published.work / job.id / "finished"
    finished.mkdir(parents=True)
    (finished / "result.tif").write_bytes(b"a result")
    (finished / "provenance.json").write_text('{"model": "identity"}')
    published.queue.publishing(claim, {"model": "identity"})
    published.queue.release_dead(lambda _: False)
    assert run_one(published)
    publish_all(published)
    assert published.queue.get(job.id).state == "done"
    assert bucket.open(job.key("result.tif")).read() == b"a result"
    assert nothing_is_left(published)


def test_a_published_job_is_done_and_found_in_the_bucket(
    published: Services, bucket: TwinBucket, tmp_path: Path
) -> None:
    pixels = noise(131, 67)
    job = translated(published, pixels)
    sent = {name: published.staging.stat(job.key(name)) for name in job.objects}
    publish_all(published)
    done = published.queue.get(job.id)
    assert (done.state, done.attempts, done.objects) == ("done", 1, job.objects)
    assert {name: bucket.stat(job.key(name)) for name in job.objects} == sent
    assert np.array_equal(result_of(published, job, tmp_path), pixels)


def test_only_the_previews_of_a_published_job_stay_here(published: Services) -> None:
    translated(published)
    publish_all(published)
    assert staged(published) == PREVIEWS
    assert nothing_is_left(published)


def test_the_previews_of_a_published_job_are_opened_without_the_bucket(
    published: Services, bucket: TwinBucket
) -> None:
    job = translated(published)
    publish_all(published)
    bucket.before = away
    for name in PREVIEWS:
        objects.opened(published, job, name)[1].close()


def test_a_published_object_is_opened_from_the_bucket(published: Services) -> None:
    job = translated(published)
    publish_all(published)
    stored, stream = objects.opened(published, job, "result.png")
    with stream:
        assert stream.read(4) == b"\x89PNG"
    assert stored.download_name == "kidney-he.png"


def test_a_job_is_published_when_the_bucket_is_back(
    published: Services, bucket: TwinBucket
) -> None:
    bucket.before = away
    job, publisher = translated(published), publisher_of(published)
    for _ in range(5):
        turn_all(publisher)
        pass_time(publisher, LONG_S)
    waiting = published.queue.get(job.id)
    assert (waiting.state, waiting.attempts, waiting.publish_tries) == ("publishing", 1, 5)
    bucket.before = let
    turn_all(publisher)
    assert published.queue.get(job.id).state == "done"


def test_a_job_waits_no_minute_for_a_bucket_that_was_long_away(
    published: Services, bucket: TwinBucket
) -> None:
    bucket.before = away
    job, publisher = translated(published), publisher_of(published)
    for _ in range(50):
        turn_all(publisher)
        pass_time(publisher, LONG_S)
    turn_all(publisher)
    bucket.before = let
    pass_time(publisher, 20)
    turn_all(publisher)
    assert published.queue.get(job.id).state == "done"


def test_a_job_is_published_after_a_restart(published: Services, bucket: TwinBucket) -> None:
    bucket.before = away
    job = translated(published)
    publish_all(published)
    time_passes(published, LONG_S)
    bucket.before = let
    publish_all(with_bucket(published, bucket))
    assert published.queue.get(job.id).state == "done"


def test_a_bucket_that_fails_is_tried_once_in_each_pause_for_all_jobs(
    published: Services, bucket: TwinBucket
) -> None:
    bucket.before = away
    for seed in range(5):
        translated(published, noise(9, 9, seed))
    publisher = publisher_of(published)
    turn_all(publisher)
    turn_all(publisher)
    assert bucket.times("put") == 1
    pass_time(publisher, 20)
    turn_all(publisher)
    assert bucket.times("put") == 2
    bucket.before = let
    pass_time(publisher, 20)
    turn_all(publisher)
    assert published.queue.counts()["done"] == 5


@pytest.mark.parametrize("verb", ["put", "ensure_opens"])
def test_a_refusal_says_what_to_grant_and_is_tried_again(
    published: Services, bucket: TwinBucket, verb: str
) -> None:
    bucket.before = fails_at(verb, StoreRefused(GRANT))
    job, publisher = translated(published), publisher_of(published)
    turn_all(publisher)
    waiting = published.queue.get(job.id)
    assert (waiting.state, waiting.publish_code) == ("publishing", "bucket_refused")
    assert waiting.publish_message == GRANT
    bucket.before = let
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    assert published.queue.get(job.id).state == "done"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionResetError(104, "reset"), "bucket_unavailable"),
        (TimeoutError(), "bucket_unavailable"),
        (OSError(28, "No space left on device", "/secret/path"), "disk_full"),
    ],
)
def test_a_network_or_disk_that_fails_is_tried_again_and_tells_no_path(
    published: Services, bucket: TwinBucket, error: OSError, code: str
) -> None:
    bucket.before = fails_at("put", error)
    job = translated(published)
    publish_all(published)
    waiting = published.queue.get(job.id)
    assert (waiting.state, waiting.publish_code) == ("publishing", code)
    assert "secret" not in (waiting.publish_message or "")


def test_a_refusal_of_one_month_holds_up_no_other(published: Services, bucket: TwinBucket) -> None:
    refused, other = translated(published), translated(published)

    def before(verb: str, key: str) -> None:
        if verb == "put" and refused.token in key:
            raise StoreRefused(GRANT)

    bucket.before = before
    publisher = publisher_of(published)
    turn_all(publisher)
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    states = [published.queue.get(job.id).state for job in (refused, other)]
    assert states == ["publishing", "done"]


def test_a_publication_that_was_interrupted_goes_on_where_it_was(
    published: Services, bucket: TwinBucket
) -> None:
    job = translated(published)
    at_last = job.key(job.objects[-1])
    bucket.before = lambda verb, key: away(verb, key) if key == at_last else None
    publisher = publisher_of(published)
    turn_all(publisher)
    bucket.before = let
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    assert published.queue.get(job.id).state == "done"
    assert bucket.holds() == {job.key(name) for name in job.objects}


def test_other_bytes_under_our_name_fail_the_job_and_are_never_its_result(
    published: Services, bucket: TwinBucket, tmp_path: Path
) -> None:
    job, path = translated(published), tmp_path / "other"
    path.write_bytes(b"somebody else's")
    bucket.put(job.key("result.tif"), path, content_type="image/tiff", download_name="a.tif")
    publish_all(published)
    failed = published.queue.get(job.id)
    assert (failed.state, failed.error_code) == ("failed", "already_published")
    assert "other bytes" in (failed.error_message or "")
    assert (bucket.holds(), staged(published)) == (set(), INPUTS)


def test_a_result_that_has_gone_from_here_fails_the_job(published: Services) -> None:
    job = translated(published)
    published.staging.delete(job.key("result.tif"))
    publish_all(published)
    assert published.queue.get(job.id).error_code == "result_gone"


def test_jobs_that_wait_for_the_bucket_delay_no_translation(
    published: Services, bucket: TwinBucket
) -> None:
    asked, answer, shift = Event(), Event(), Shift()

    def be_silent(_verb: str, _key: str) -> None:
        asked.set()
        assert answer.wait(LONG_S)

    waiting = [translated(published, noise(9, 9, seed)) for seed in range(3)]
    bucket.before = lambda verb, key: be_silent(verb, key) if verb == "put" else None
    thread = Thread(target=keep_on, args=(publisher_of(published, shift), shift))
    thread.start()
    try:
        assert asked.wait(LONG_S)
        job = translated(published, noise(9, 9, 9))
        states = {published.queue.get(each.id).state for each in (*waiting, job)}
        assert states == {"publishing"}
    finally:
        shift.stopping = True
        answer.set()
        thread.join()


def test_one_object_is_put_at_a_time(published: Services, bucket: TwinBucket) -> None:
    jobs, shift = [translated(published, noise(9, 9, seed)) for seed in range(3)], Shift()
    thread = Thread(target=keep_on, args=(publisher_of(published, shift), shift))
    thread.start()
    try:
        while {published.queue.get(job.id).state for job in jobs} != {"done"}:
            thread.join(0.01)
            assert thread.is_alive()
    finally:
        shift.stopping = True
        thread.join()
    assert (bucket.most_puts_at_once, bucket.times("put")) == (1, 3 * len(RESULTS | INPUTS))


def test_a_publisher_that_is_asked_to_end_stops_in_the_middle_and_gives_the_job_back(
    published: Services, bucket: TwinBucket
) -> None:
    job, shift = translated(published), Shift()

    def ask_to_end() -> None:
        shift.stopping = True

    bucket.before = once_at("put", "result.tif", ask_to_end)
    turn_all(publisher_of(published, shift))
    back = published.queue.get(job.id)
    assert (back.state, back.attempts, back.publish_tries) == ("publishing", 1, 0)
    assert job.key("result.tif") not in bucket.holds()
    assert shift.publication is None
    publish_all(published)
    assert published.queue.get(job.id).state == "done"


def test_a_publisher_that_lost_its_job_to_another_takes_nothing_back(
    published: Services, bucket: TwinBucket
) -> None:
    job = translated(published)

    def take_away() -> None:
        published.queue.release_dead(lambda _: False)
        assert published.queue.claim_publication("another publisher")

    bucket.before = once_at("put", job.objects[1], take_away)
    publish_all(published)
    assert published.queue.get(job.id).state == "publishing"
    assert job.key(job.objects[0]) in bucket.holds()
    assert staged(published) == RESULTS | INPUTS


MOMENTS = {
    "waiting": None,
    "first put": ("put", "input.png"),
    "result put": ("put", "result.tif"),
    "all put": ("ensure_opens", "result.tif"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("end", [remove, cancel], ids=["removed", "cancelled"])
def test_a_job_that_is_not_wanted_any_more_leaves_no_object_in_the_bucket(
    published: Services,
    bucket: TwinBucket,
    moment: str,
    end: Callable[[Services, str], object],
) -> None:
    job, call = translated(published), MOMENTS[moment]
    if call is None:
        end(published, job.id)
    else:
        bucket.before = once_at(*call, partial(end, published, job.id))
    publisher = publisher_of(published)
    turn_all(publisher)
    assert bucket.holds() == set()
    assert staged(published) == (INPUTS if end is cancel else set())
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    if end is cancel:
        assert published.queue.get(job.id).state == "cancelled"
    assert nothing_is_left(published)
    assert published.queue.removals_due() == []


def test_a_job_removed_when_it_is_done_leaves_nothing(
    published: Services, bucket: TwinBucket
) -> None:
    job, kept = translated(published), translated(published)
    publish_all(published)
    assert remove(published, job.id) is False
    assert {key.split("/")[1] for key in bucket.holds()} == {kept.token}
    assert {key.split("/")[1] for key in published.staging.keys()} == {kept.token}  # noqa: SIM118


def test_a_job_removed_while_its_results_are_kept_here_leaves_nothing(
    published: Services, bucket: TwinBucket
) -> None:
    job = send(published)

    class Interrupting(type(published.staging)):  # type: ignore[misc]
        """Removes the job in the middle."""

        def put(self, key: str, path: Path, **values: object) -> object:
            with suppress(JobNotFound):
                remove(published, job.id)
            return super().put(key, path, **values)

    staging = Interrupting(published.settings.data_dir / "staging")
    run_one(replace(published, staging=staging))
    assert staged(published) == set()
    assert nothing_is_left(published)


def test_what_the_bucket_does_not_let_go_is_removed_when_it_is_back(
    published: Services, bucket: TwinBucket
) -> None:
    job, publisher = translated(published), publisher_of(published)
    turn_all(publisher)
    bucket.before = away
    assert remove(published, job.id) is True
    assert staged(published) == set()
    (failing,) = published.queue.removals(Scope("me"))
    assert (failing.token, failing.error) == (job.token, "the bucket does not answer")
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    assert bucket.holds() != set()
    bucket.before = let
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    assert (bucket.holds(), published.queue.removals(EVERYBODYS)) == (set(), [])


def test_a_removal_asks_a_silent_bucket_once_and_for_little(
    published: Services, bucket: TwinBucket
) -> None:
    job = translated(published)
    publish_all(published)
    bucket.asked.clear()
    bucket.before = away
    remove(published, job.id)
    assert bucket.asked == [("check", "")]


def test_a_removal_is_forgotten_only_after_a_second_look(
    published: Services, bucket: TwinBucket, tmp_path: Path
) -> None:
    job, publisher = translated(published), publisher_of(published)
    turn_all(publisher)
    remove(published, job.id)
    turn_all(publisher)
    (tmp_path / "late").write_bytes(b"the put of a worker that was asleep")
    late = job.key("result.tif")
    bucket.put(late, tmp_path / "late", content_type="image/tiff", download_name="a.tif")
    for holds in ({late}, set(), set()):
        assert bucket.holds() == holds
        looks = bucket.times("keys")
        pass_time(publisher, RECHECK.total_seconds())
        turn_all(publisher)
    assert bucket.times("keys") == looks, "it was forgotten"


def test_a_removal_that_finds_nothing_at_first_looks_again_too(
    published: Services, bucket: TwinBucket, tmp_path: Path
) -> None:
    job, publisher = translated(published), publisher_of(published)
    objects.remove(published.staging, job)
    published.queue.delete(job.id)
    turn_all(publisher)
    (tmp_path / "late").write_bytes(b"the put of a worker that was asleep")
    objects.keep(bucket, job, "result.tif", tmp_path / "late")
    pass_time(publisher, RECHECK.total_seconds())
    turn_all(publisher)
    assert bucket.holds() == set()


def test_a_bucket_that_lets_nothing_go_is_still_published_to(
    published: Services, bucket: TwinBucket
) -> None:
    first, publisher = translated(published), publisher_of(published)
    turn_all(publisher)
    bucket.before = fails_at("delete", StoreRefused(GRANT))
    remove(published, first.id)
    pass_time(publisher, LONG_S)
    job = translated(published)
    turn_all(publisher)
    assert published.queue.get(job.id).state == "done"


def test_removals_are_forgotten_where_nothing_is_published_too(services: Services) -> None:
    job, publisher = send(services), publisher_of(services)
    assert remove(services, job.id) is False
    pass_time(publisher, LONG_S)
    assert len(services.queue.removals_due()) == 1
    turn_all(publisher)
    assert services.queue.removals_due() == []


def test_a_cancelled_job_keeps_its_input_until_it_is_removed(published: Services) -> None:
    job, publisher = translated(published), publisher_of(published)
    cancel(published, job.id)
    for _ in range(3):
        turn_all(publisher)
        pass_time(publisher, LONG_S)
    assert staged(published) == INPUTS
    remove(published, job.id)
    assert staged(published) == set()


def test_an_unforeseen_error_is_put_off_shown_by_its_number_and_holds_up_no_other(
    published: Services, bucket: TwinBucket, caplog: pytest.LogCaptureFixture
) -> None:
    bad, publisher = translated(published), publisher_of(published)

    def before(_verb: str, key: str) -> None:
        if bad.token in key:
            raise ZeroDivisionError("secret")

    bucket.before = before
    good = translated(published)
    turn_all(publisher)
    turn_all(publisher)
    assert bucket.times("put") == 1, "it does not spin"
    pass_time(publisher, 2)
    turn_all(publisher)
    waiting = published.queue.get(bad.id)
    assert (waiting.state, waiting.publish_code) == ("publishing", "internal_error")
    number = (waiting.publish_message or "").split()[-1]
    assert f"error {number}" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in (waiting.publish_message or "")
    assert published.queue.get(good.id).state == "done"
    bucket.before = let
    pass_time(publisher, UNFORESEEN_S)
    turn_all(publisher)
    assert published.queue.get(bad.id).state == "done"


def test_a_publisher_outlives_a_database_that_is_away(
    published: Services, bucket: TwinBucket
) -> None:
    def database_away() -> None:
        raise DatabaseUnavailable("locked")

    job, publisher = translated(published), publisher_of(published)
    bucket.before = once_at("put", "result.tif", database_away)
    turn_all(publisher)
    pass_time(publisher, LONG_S)
    turn_all(publisher)
    done = published.queue.get(job.id)
    assert (done.state, done.publish_tries) == ("done", 0)


def test_the_months_are_made_ready_at_the_start_and_every_hour(
    published: Services, bucket: TwinBucket
) -> None:
    publisher = publisher_of(published)
    turn_all(publisher)
    turn_all(publisher)
    assert bucket.times("look_ahead") == 1
    pass_time(publisher, AHEAD_EVERY_S)
    turn_all(publisher)
    assert bucket.times("look_ahead") == 2


def test_a_month_that_cannot_be_made_ready_is_tried_again_and_holds_up_nothing(
    published: Services, bucket: TwinBucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.before = fails_at("look_ahead", StoreRefused(GRANT))
    job, publisher = translated(published), publisher_of(published)
    turn_all(publisher)
    assert (published.queue.get(job.id).state, bucket.times("look_ahead")) == ("done", 1)
    assert GRANT in caplog.text
    bucket.before = let
    pass_time(publisher, 1)
    turn_all(publisher)
    assert bucket.times("look_ahead") == 2


def test_copies_that_a_dead_publisher_has_left_go(published: Services, tmp_path: Path) -> None:
    job = translated(published)
    folder = tmp_path / "copies"
    folder.mkdir()
    for name in job.objects:
        published.staging.fetch(job.key(name), folder / name)
    publish_all(published)
    for path in folder.iterdir():
        objects.keep(published.staging, job, path.name, path)
    assert staged(published) == RESULTS | INPUTS
    sweep_published(published)
    assert staged(published) == PREVIEWS


def test_what_waits_to_be_published_is_not_swept(published: Services) -> None:
    translated(published)
    sweep_published(published)
    suspects = sweep_orphans(published, frozenset())
    sweep_orphans(published, suspects)
    assert staged(published) == RESULTS | INPUTS


def test_a_bucket_is_never_swept(published: Services, bucket: TwinBucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"bytes")
    orphan = "2026-11/kI3_-aZ09bcdefghijklmn/input.png"
    bucket.put(orphan, tmp_path / "file", content_type="image/png", download_name="a.png")
    bucket.asked.clear()
    Sweeper(published).sweep_if_due()
    assert (bucket.asked, bucket.holds()) == ([], {orphan})


def test_nothing_is_logged_of_a_publication_that_goes_well(
    published: Services, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        translated(published)
        publish_all(published)
    assert caplog.records == []
