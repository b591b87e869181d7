"""The browser says the same of numbers and states as the server does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from app.batch_documents import BatchDocument, BatchImage
from app.documents import JobDocument, Publication, Quality, VerdictDocument
from app.job import STATES, State
from app.pages import words
from app.sentences import sentence


@pytest.fixture
def spoken(page: Page) -> Any:
    """A function that calls one of the browser's."""
    page.goto("/")

    def call(name: str, value: object) -> object:
        code = "([name, value]) => import('/static/js/words.js').then((all) => all[name](value))"
        return page.evaluate(code, [name, value])

    return call


def document(state: State, **fields: Any) -> JobDocument:
    base: dict[str, Any] = {
        "id": "1", "name": "kidney.png", "sender": None, "project": None,
        "state": state, "progress": 0.0, "position": None,
        "width": 3, "height": 2, "mpp": None, "result": None, "model": "identity", "attempts": 1,
        "created": datetime(2026, 1, 2, tzinfo=UTC), "started": None, "finished": None,
        "eta_s": None,
        "links": {"self": "/", "page": "/"}, "error": None,
        "qc": Quality(notes=[], verdicts=[], maps=[], gaps=[], assessed=False),
        "publication": None,
    }  # fmt: skip
    return JobDocument(**{**base, **fields})


def test_sizes_of_files_are_said_alike(spoken: Any) -> None:
    for size in (0, 999, 1000, 1234, 999_999, 12_399_999, 2**30, 5 * 10**12):
        assert spoken("fileSize", size) == words.file_size(size)


def test_sizes_of_images_are_said_alike(spoken: Any) -> None:
    for pixels in (100_000, 430_000, 9_950_000, 120_000_000, 2_500_000_000):
        assert spoken("megapixels", pixels) == words.megapixels(pixels)


def test_the_time_left_is_said_alike(spoken: Any) -> None:
    for seconds in (None, 0, 4.9, 5, 12.3, 59, 61, 100, 5399, 5401, 20_000):
        assert spoken("timeLeft", seconds) == words.time_left(seconds)


@pytest.mark.parametrize(
    "state", [state for state in STATES if state not in {"failed", "cancelled"}]
)
def test_what_happens_to_a_job_is_said_alike(spoken: Any, state: State) -> None:
    for fields in ({}, {"position": 1}, {"position": 7}, {"progress": 0.376}, {"progress": 0.999}):
        job = document(state, **fields)
        assert spoken("statusLine", job.model_dump(mode="json")) == words.status_line(job)


@pytest.mark.parametrize("state", STATES)
def test_what_is_wrong_with_an_image_is_said_alike(spoken: Any, state: State) -> None:
    told = [
        VerdictDocument(code=code, severity=severity, sentence=f"It is {code}.")
        for code, severity in (("a", "warning"), ("b", "note"), ("c", "warning"))
    ]
    known = document(state).model_dump(include={*BatchImage.model_fields} - {"error", "verdicts"})
    for verdicts in ([], told[1:2], told):
        image = BatchImage(**known, error=None, verdicts=verdicts)
        said = words.caution(image)
        assert spoken("caution", image.model_dump(mode="json")) == said
        assert ("It is b." in said, bool(said)) == (False, len(verdicts) > 1)


@pytest.mark.parametrize("tries", [1, 2])
@pytest.mark.parametrize(
    "message", ["the bucket is away", "Do it!", "gs://b refuses: run x --role=a/b.c", "x", ""]
)
def test_what_holds_a_result_up_is_said_alike(spoken: Any, tries: int, message: str) -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    why = Publication(tries=tries, next_try=moment, code="away", message=message)
    job = document("publishing", publication=why)
    assert spoken("holdUp", job.model_dump(mode="json")) == words.hold_up(job)
    assert spoken("sentence", message) == sentence(message)


def test_nothing_is_said_to_hold_a_result_up_that_nothing_does(spoken: Any) -> None:
    job = document("publishing")
    assert spoken("holdUp", job.model_dump(mode="json")) == words.hold_up(job) == ""
    assert spoken("nextAttempt", job.model_dump(mode="json")) == words.next_attempt(job) == ""


@pytest.mark.parametrize(
    "counts",
    [{"done": 1}, {"done": 12}, {"queued": 1}, {state: n for n, state in enumerate(STATES)}],
)
def test_how_far_a_batch_is_is_said_alike(spoken: Any, counts: dict[State, int]) -> None:
    whole = {state: counts.get(state, 0) for state in STATES}
    batch = BatchDocument(
        id="1", created=datetime(2026, 1, 2, tzinfo=UTC), total=sum(whole.values()), counts=whole,
        progress=0.5, eta_s=None, images=[], next_cursor=None,
        links={"self": "/", "page": "/", "results": "/", "table": "/"},
    )  # fmt: skip
    told = batch.model_dump(mode="json")
    assert spoken("batchLine", told) == words.batch_line(batch)
    assert spoken("batchName", told) == words.batch_name(batch)
    assert spoken("batchTitle", told) == f"{words.batch_title(batch)} · Color Mapper"
    assert spoken("isUnfinished", told) == words.is_unfinished_batch(batch)


@pytest.mark.parametrize("state", STATES)
def test_titles_are_alike(spoken: Any, state: State) -> None:
    for progress in (0.0, 0.376):
        job = document(state, progress=progress)
        said = spoken("titleWords", job.model_dump(mode="json"))
        assert said == f"{words.title(job)} · Color Mapper"
