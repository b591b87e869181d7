"""Messages of errors as sentences."""

from __future__ import annotations

import pytest

from app.sentences import sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the bucket does not answer", "The bucket does not answer."),
        ("Grant it!", "Grant it!"),
        ("it failed (disk full)", "It failed (disk full)."),
        ("", "."),
    ],
)
def test_a_message_becomes_a_sentence(text: str, said: str) -> None:
    assert sentence(text) == said


@pytest.mark.parametrize(
    "text",
    ["gs://results refuses; run gcloud --role=roles/storage.admin", "see https://a.example/b"],
)
def test_what_people_copy_is_left_as_it_is(text: str) -> None:
    assert sentence(text)[1:] == text[1:]
    assert sentence("gs://results is away") == "gs://results is away."
