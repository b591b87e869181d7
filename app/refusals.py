"""Why the queue and the uploads say no, drawn as a tree with the status that the API gives.

ColorMapperError
├── JobNotFound            404
├── BatchNotFound          404
├── ShareGone              404
├── QueueFull              429 with Retry-After
├── TrialNotFound          404
├── TrialsWaiting          429 with Retry-After
├── TrialTooLarge          422
├── InputGone              409
├── QuotaExceeded          413
├── IdempotencyConflict    409
├── BadCursor              400
├── UploadNotFound         404
├── UploadBusy             423 with Retry-After
├── UploadUnfinished       409
├── WrongOffset            409
├── TooManyBytes           413
├── ChecksumMismatch       460, tus's own
└── WrongDigest            422
LeaseLost                  never shown: the worker stops and publishes nothing
"""

from __future__ import annotations

from cyclegan.errors import ColorMapperError


class JobNotFound(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no job of that id or token (404)."""


class BatchNotFound(ColorMapperError):  # noqa: N818
    """There is no batch of that id, or none of its jobs is left (404)."""


class ShareGone(ColorMapperError):  # noqa: N818
    """The link was revoked, has ended or never was (404)."""


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


class TrialNotFound(ColorMapperError):  # noqa: N818
    """There is no trial of that id, or not any more (404)."""


class TrialsWaiting(ColorMapperError):  # noqa: N818
    """So many regions wait that no further one is taken (429)."""

    retry_after_s = 5

    def __init__(self, who: str, limit: int) -> None:
        super().__init__(
            f"{who} {limit} translations of regions waiting, which is the limit; "
            "try again when some are done"
        )


class TrialTooLarge(ColorMapperError):  # noqa: N818
    """The region has more pixels than are translated to look at (422)."""

    def __init__(self, height: int, width: int, most: int, *, what: str) -> None:
        super().__init__(
            f"{what} {width:,} x {height:,} px, which is {height * width / 1e6:.1f} megapixels; "
            f"at most {most / 1e6:.1f} are translated to look at: draw a smaller region, or "
            "translate the whole image"
        )


class InputGone(ColorMapperError):  # noqa: N818
    """The image of a job is not kept any more, so nothing new can be made of it (409)."""

    def __init__(self) -> None:
        super().__init__("the image itself is no longer kept here; send it again")


class QuotaExceeded(ColorMapperError):  # noqa: N818
    """The sender's images and uploads would take more than is allowed (413)."""

    def __init__(self, *, used: int, more: int, limit: int) -> None:
        super().__init__(
            f"your images and unfinished uploads take {used:,} of the {limit:,} bytes that you may "
            f"use, and this file has {more:,}; delete images that you no longer need, or ask "
            "whoever runs this service for more"
        )


class IdempotencyConflict(ColorMapperError):  # noqa: N818
    """The idempotency key was used before, for another image or model (409)."""


class BadCursor(ColorMapperError):  # noqa: N818
    """The cursor is not one that a page gave (400)."""


class UploadNotFound(ColorMapperError):  # noqa: N818
    """There is no such upload of this sender; it may have expired (404)."""

    def __init__(self) -> None:
        super().__init__(
            "there is no such upload, or not any more: unfinished ones expire; begin a new one"
        )


class UploadBusy(ColorMapperError):  # noqa: N818
    """Another request is at the upload (423)."""

    retry_after_s = 2

    def __init__(self) -> None:
        super().__init__(
            "another request is at this upload; one at a time can be: wait, then ask how far it is"
        )


class UploadUnfinished(ColorMapperError):  # noqa: N818
    """A job was asked for of an upload that has not arrived whole (409)."""

    def __init__(self, *, kept: int, length: int) -> None:
        super().__init__(
            f"the upload has {kept:,} of its {length:,} bytes; send the rest, then ask again"
        )


class WrongOffset(ColorMapperError):  # noqa: N818
    """A part does not begin where the upload ends (409)."""

    def __init__(self, *, met: int, wanted: int) -> None:
        super().__init__(
            f"the part begins at byte {met:,}, and the upload goes on at {wanted:,}; "
            "ask how far it is with HEAD, and send from there"
        )


class TooManyBytes(ColorMapperError):  # noqa: N818
    """More arrives than was announced (413)."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"more bytes arrive than the {length:,} that were announced; begin a new upload "
            "with the length that the file has"
        )


class ChecksumMismatch(ColorMapperError):  # noqa: N818
    """A part is not what its checksum says (460)."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(
            f"the {algorithm} of the part that arrived is not the one that was sent along; "
            "nothing of it was kept: send it again"
        )


class WrongDigest(ColorMapperError):  # noqa: N818
    """The whole file is not what its sender says it is (422)."""

    def __init__(self, *, met: str, wanted: str) -> None:
        super().__init__(
            f"the file that arrived has the SHA-256 {met}, and {wanted} was sent along; "
            "it was not kept: send it again"
        )


class LeaseLost(Exception):  # noqa: N818
    """The claim no longer holds the job: stop, publish nothing, claim another."""
