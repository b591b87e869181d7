"""Why the queue says no, drawn as a tree with the status that the API gives.

ColorMapperError
├── JobNotFound            404
├── BatchNotFound          404
├── QueueFull              429 with Retry-After
├── IdempotencyConflict    409
└── BadCursor              400
LeaseLost                  never shown: the worker stops and publishes nothing
"""

from __future__ import annotations

from cyclegan.errors import ColorMapperError


class JobNotFound(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no job of that id or token (404)."""


class BatchNotFound(ColorMapperError):  # noqa: N818
    """There is no batch of that id, or none of its jobs is left (404)."""


class QueueFull(ColorMapperError):  # noqa: N818
    """So many jobs wait that no further one is taken (429).

    `whose` is "user" or "all", `limit` the number that may wait, `retry_after_s` whole seconds.
    """

    def __init__(self, whose: str, limit: int, retry_after_s: int) -> None:
        self.whose = whose
        self.limit = limit
        self.retry_after_s = retry_after_s
        who = "you have" if whose == "user" else "everybody together has"
        super().__init__(
            f"{who} {limit} images waiting, which is the limit; try again when some are done"
        )


class IdempotencyConflict(ColorMapperError):  # noqa: N818
    """The idempotency key was used before, for another image or model (409)."""


class BadCursor(ColorMapperError):  # noqa: N818
    """The cursor is not one that a page gave (400)."""


class LeaseLost(Exception):  # noqa: N818
    """The claim no longer holds the job: stop, publish nothing, claim another."""
