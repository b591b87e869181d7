"""A request whose uploaded files go straight to the data folder.

Files lie in a folder of their own in `incoming/`, under names made here, and are gone when the
request ends, unless somebody moved them. Nothing of a file is kept in memory or in the machine's
temporary folder, and what a killed process leaves is swept.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, cast

from flask import Request, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app import access, disk
from app.body import RequestBody
from app.current import services

OVERHEAD_BYTES = 64 * 2**10
"""What a form may hold beside its file."""
FIELD_BYTES = 256 * 2**10
"""The longest field that is not a file. Werkzeug measures the pieces of files by it too: 64 KiB and
what is left of the piece before, which may be a header or most of a boundary."""
FORM_PARTS = 100
"""Parts that a form may have."""


class UploadRequest(Request):
    """Flask's request, with files spooled to `incoming/` and a body that can time out."""

    def __init__(
        self,
        environ: dict[str, Any],
        populate_request: bool = True,
        shallow: bool = False,
    ) -> None:
        self.body = RequestBody(environ)
        self.spooled: list[IO[bytes]] = []
        self._folder: Path | None = None
        self._held = ExitStack()
        environ["wsgi.input"] = self.body
        super().__init__(environ, populate_request, shallow)

    def make_form_data_parser(self) -> FormDataParser:
        """Werkzeug's parser, told not to take a broken form for an empty one."""
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except UnicodeDecodeError as error:
            raise BadRequest(
                "A name in the form is not UTF-8; rename the file, or send its name in UTF-8."
            ) from error
        except ValueError as error:
            raise BadRequest(
                "The form in the request body is malformed or cut short; "
                "send multipart/form-data that ends with its closing boundary."
            ) from error

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        if self._folder is None:
            self._folder = self._held.enter_context(disk.scratch(services().incoming))
        file = (self._folder / secrets.token_hex(8)).open("x+b")
        self.spooled.append(file)
        return file

    def close(self) -> None:
        """Close and remove the files that nobody has moved away."""
        for file in self.spooled:
            with suppress(OSError):  # a full disk refuses the last bytes once more
                file.close()
        self._held.close()


def path_of(file: FileStorage) -> Path:
    """Where a file of this request lies; moving it away keeps it."""
    return Path(cast("str", file.stream.name))


def refuse_too_much() -> None:
    """Abort a request that declares more than is taken, before a byte of its body is read.

    Raises RequestEntityTooLarge, or OSError (ENOSPC) when the body does not fit on the disk.
    """
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = OVERHEAD_BYTES  # is read as a whole, into memory
    declared, limit = request.content_length or 0, request.max_content_length
    if limit is not None and declared > limit:
        raise RequestEntityTooLarge(
            f"The request has {declared:,} bytes; a file may have "
            f"{services().settings.max_bytes:,}. Save the image with compression or crop it."
        )
    if declared > OVERHEAD_BYTES:
        disk.require_room(services().incoming, declared)


def keep_pace() -> None:
    """Count one more file that the sender of this request begins to send; raises TooFast."""
    current_app.extensions["rates"].begin_upload(access.sender())


def keep_calm() -> None:
    """Count one more region that the sender of this request draws; raises TooOften."""
    current_app.extensions["rates"].draw_region(access.sender())
