"""The one place where an exception becomes an answer: a status, a code and a sentence.

Errors fit for a person keep their own message. What is not known here is a bug: its trace goes to
the log under the request's id, and the person is told only the id.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from app import disk
from app.account import (
    AccountNotFound,
    AccountRefused,
    BadName,
    LinkGone,
    WeakPassword,
    WrongLogin,
)
from app.database import DatabaseUnavailable
from app.person import LoginLost, NotProven, NotWelcome, ProviderUnavailable
from app.project import (
    BadProjectName,
    ProjectArchived,
    ProjectNotFound,
    ProjectRefused,
    ProjectUnusable,
)
from app.rates import TooFast, TooOften
from app.refusals import (
    BadCursor,
    BatchNotFound,
    ChecksumMismatch,
    IdempotencyConflict,
    InputGone,
    JobNotFound,
    QueueFull,
    QuotaExceeded,
    ShareGone,
    TooManyBytes,
    TrialNotFound,
    TrialsWaiting,
    TrialTooLarge,
    UploadBusy,
    UploadNotFound,
    UploadUnfinished,
    WrongDigest,
    WrongOffset,
)
from app.requestid import request_id
from app.reviews import NothingToReview, ReviewConflict
from app.sentences import sentence
from app.stores.store import NotStored, StoreRefused, StoreUnavailable
from app.tus import BadHeader
from cyclegan.errors import (
    ColorMapperError,
    CorruptImage,
    ImageError,
    ImageTooLarge,
    ModelError,
    SettingsError,
    UnsupportedFormat,
)
from cyclegan.images.deep_zoom import NoSuchTile

log = logging.getLogger("app.errors")

JSON_PATHS = ("/api/", "/uploads", "/healthz", "/readyz", "/metrics")
"""Where even a browser is answered in JSON."""

CHECKSUM_MISMATCH = 460
"""A status that tus has made up."""

STATUSES: dict[type, tuple[int, str]] = {
    UnsupportedFormat: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_format"),
    ImageTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "image_too_large"),
    CorruptImage: (HTTPStatus.UNPROCESSABLE_ENTITY, "corrupt_image"),
    ImageError: (HTTPStatus.UNPROCESSABLE_ENTITY, "unusable_image"),
    ModelError: (HTTPStatus.UNPROCESSABLE_ENTITY, "unusable_model"),
    SettingsError: (HTTPStatus.UNPROCESSABLE_ENTITY, "unusable_parameter"),
    JobNotFound: (HTTPStatus.NOT_FOUND, "job_not_found"),
    BatchNotFound: (HTTPStatus.NOT_FOUND, "batch_not_found"),
    ShareGone: (HTTPStatus.NOT_FOUND, "share_gone"),
    QueueFull: (HTTPStatus.TOO_MANY_REQUESTS, "queue_full"),
    TrialNotFound: (HTTPStatus.NOT_FOUND, "trial_not_found"),
    TrialsWaiting: (HTTPStatus.TOO_MANY_REQUESTS, "trials_waiting"),
    TrialTooLarge: (HTTPStatus.UNPROCESSABLE_ENTITY, "region_too_large"),
    InputGone: (HTTPStatus.CONFLICT, "input_gone"),
    TooFast: (HTTPStatus.TOO_MANY_REQUESTS, "too_fast"),
    BadHeader: (HTTPStatus.BAD_REQUEST, "bad_header"),
    QuotaExceeded: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "quota_exceeded"),
    UploadNotFound: (HTTPStatus.NOT_FOUND, "upload_not_found"),
    UploadBusy: (HTTPStatus.LOCKED, "upload_busy"),
    UploadUnfinished: (HTTPStatus.CONFLICT, "upload_unfinished"),
    WrongOffset: (HTTPStatus.CONFLICT, "wrong_offset"),
    TooManyBytes: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_many_bytes"),
    ChecksumMismatch: (CHECKSUM_MISMATCH, "checksum_mismatch"),
    WrongDigest: (HTTPStatus.UNPROCESSABLE_ENTITY, "wrong_sha256"),
    IdempotencyConflict: (HTTPStatus.CONFLICT, "idempotency_conflict"),
    BadCursor: (HTTPStatus.BAD_REQUEST, "bad_cursor"),
    NothingToReview: (HTTPStatus.CONFLICT, "nothing_to_review"),
    ReviewConflict: (HTTPStatus.CONFLICT, "review_conflict"),
    TooOften: (HTTPStatus.TOO_MANY_REQUESTS, "too_often"),
    AccountNotFound: (HTTPStatus.NOT_FOUND, "account_not_found"),
    LinkGone: (HTTPStatus.NOT_FOUND, "link_gone"),
    WrongLogin: (HTTPStatus.FORBIDDEN, "wrong_login"),
    LoginLost: (HTTPStatus.BAD_REQUEST, "login_lost"),
    NotProven: (HTTPStatus.FORBIDDEN, "not_proven"),
    NotWelcome: (HTTPStatus.FORBIDDEN, "not_welcome"),
    ProviderUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "provider_unavailable"),
    AccountRefused: (HTTPStatus.CONFLICT, "account_refused"),
    WeakPassword: (HTTPStatus.UNPROCESSABLE_ENTITY, "weak_password"),
    BadName: (HTTPStatus.UNPROCESSABLE_ENTITY, "bad_name"),
    ProjectNotFound: (HTTPStatus.NOT_FOUND, "project_not_found"),
    ProjectUnusable: (HTTPStatus.UNPROCESSABLE_ENTITY, "unusable_project"),
    ProjectArchived: (HTTPStatus.UNPROCESSABLE_ENTITY, "project_archived"),
    ProjectRefused: (HTTPStatus.CONFLICT, "project_refused"),
    BadProjectName: (HTTPStatus.UNPROCESSABLE_ENTITY, "bad_project_name"),
    NotStored: (HTTPStatus.NOT_FOUND, "file_not_found"),
    NoSuchTile: (HTTPStatus.NOT_FOUND, "tile_not_found"),
    StoreRefused: (HTTPStatus.SERVICE_UNAVAILABLE, "store_refused"),
    StoreUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "store_unavailable"),
    DatabaseUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "database_unavailable"),
    ColorMapperError: (HTTPStatus.UNPROCESSABLE_ENTITY, "unusable"),
}
"""The nearest class of an error's ancestry decides."""

SENTENCES: dict[type, str] = {
    NotStored: "The file is not kept here (any more).",
    NoSuchTile: "The picture has no such tile; its .dzi document says how large it is.",
    StoreUnavailable: "The store of the files does not answer now; try again in a moment.",
    DatabaseUnavailable: "The database does not answer; try again in a moment.",
}
"""Said instead of the error's own message, which is not fit for a person."""

RETRY_AFTER_S: dict[type, int] = {DatabaseUnavailable: 5, StoreUnavailable: 20}

DISK_FULL = "The disk of the service is full; delete images that are not needed or try later."
BUG = "The service failed; whoever runs it finds the reason under the number given here."

TITLES: dict[str | int, str] = {
    "job_not_found": "This image is not here",
    "batch_not_found": "These images are not here",
    "file_not_found": "This file is not here",
    "project_not_found": "This project is not here",
    "share_gone": "This link has ended",
    "link_gone": "This link has ended",
    HTTPStatus.BAD_REQUEST: "This was not understood",
    HTTPStatus.UNAUTHORIZED: "Log in first",
    HTTPStatus.FORBIDDEN: "You may not do this",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.METHOD_NOT_ALLOWED: "This cannot be done here",
    HTTPStatus.CONFLICT: "This cannot be done now",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "This file cannot be read",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This cannot be used",
    HTTPStatus.TOO_MANY_REQUESTS: "That was too much at once",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the service does not answer",
    HTTPStatus.INSUFFICIENT_STORAGE: "The disk is full",
}
"""What has happened, in the words of users: by the error's code, or else by its status."""
OTHERWISE = "This did not work"

MESSAGES = {
    HTTPStatus.NOT_FOUND: (
        "The address may be mistyped, or what was here is deleted; "
        "/api/docs lists those for programs."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "The request has more bytes, parts or longer fields than are taken; "
        "/api/v1/limits says what is."
    ),
    HTTPStatus.BAD_REQUEST: "The request is malformed or was cut short; send it again.",
}
"""Said where whoever raised a werkzeug exception said nothing of their own."""


@dataclass(frozen=True)
class Problem:
    """What a person and a program are told of an error."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


def register(app: Flask) -> None:
    """Answer every exception of the application from here."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """The response for an exception: a page for browsers on pages, JSON for everybody else."""
    problem = explain(error)
    # Without a trusted host there are no links, and a page is made of links.
    if wants_page() and not isinstance(error, SecurityError):
        response = make_response(
            render_template(
                "error.html",
                status=int(problem.status),
                title=TITLES.get(problem.code) or TITLES.get(problem.status, OTHERWISE),
                message=problem.message,
                request_id=request_id(),
            )
        )
    else:
        told = {"code": problem.code, "message": problem.message, "request_id": request_id()}
        response = jsonify(error=told)
    response.status_code = problem.status
    response.headers.extend(problem.headers)
    return response


def explain(error: Exception) -> Problem:
    """What is told of an exception; logs its trace when it is a bug."""
    if isinstance(error, HTTPException):
        return _explain_http(error)
    if isinstance(error, OSError) and disk.is_full(error):
        return Problem(HTTPStatus.INSUFFICIENT_STORAGE, "disk_full", DISK_FULL)
    kind = next((kind for kind in type(error).__mro__ if kind in STATUSES), None)
    if kind is None:
        log.error("request %s failed", request_id(), exc_info=error)
        return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", BUG)
    status, code = STATUSES[kind]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request %s was not done: %s", request_id(), error)
    later_s = getattr(error, "retry_after_s", RETRY_AFTER_S.get(kind))
    headers = {} if later_s is None else {"Retry-After": str(later_s)}
    return Problem(status, code, SENTENCES.get(kind) or sentence(str(error)), headers)


def _explain_http(error: HTTPException) -> Problem:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    code = status.name.lower()
    message = error.description or status.description
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        message = f"{request.method} is not possible here; possible are {allowed}."
    elif message == type(error).description:
        message = MESSAGES.get(status, message)
    return Problem(status, code, message, headers)


def wants_page() -> bool:
    """Whether whoever sent this request is a browser that shows pages."""
    if request.path.startswith(JSON_PATHS):
        return False
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
