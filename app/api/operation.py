"""What a route of the API takes and answers, written down beside its view.

    @blueprint.get("/api/v1/models")
    @describe(Operation("What can be chosen", {200: ModelList}))
    def index() -> Response: ...

`app.api.openapi` makes the OpenAPI document of these; the same query models check the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, current_app, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnprocessableEntity, UnsupportedMediaType

View = TypeVar("View", bound=Callable[..., Any])
Query = TypeVar("Query", bound=BaseModel)
Body = TypeVar("Body", bound=BaseModel)

JSON_BYTES = 2**20
"""The longest JSON that a request may hold."""


@dataclass(frozen=True)
class Operation:
    """A route in the words of OpenAPI."""

    summary: str
    answers: Mapping[int, type[BaseModel] | tuple[str, ...] | None]
    """Status to the model of a JSON body, to the media types of another body, or to no body."""
    errors: tuple[int, ...] = ()
    """Statuses that come with an ErrorDocument."""
    query: type[BaseModel] | None = None
    json: type[BaseModel] | None = None
    """What a JSON request body must be."""
    body: Callable[[], Mapping[str, Any]] | None = None
    """Makes the request body, as OpenAPI writes it, from what can be chosen now."""
    headers: Mapping[str, Mapping[str, Any]] | None = None
    """Request headers to their OpenAPI parameter, without name and place."""


def describe(operation: Operation) -> Callable[[View], View]:
    """Attach the description to a view."""

    def attach(view: View) -> View:
        view.__dict__["operation"] = operation
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """The description of a view, if it has one."""
    return getattr(view, "operation", None)


def json_answer(document: BaseModel, status: int = 200) -> Response:
    """A document as JSON."""
    body = document.model_dump_json(by_alias=True)
    return current_app.response_class(body, status=status, mimetype="application/json")


def query_of(model: type[Query]) -> Query:
    """The query of this request, checked; aborts with 400 that names what is wrong."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        raise BadRequest(f"The query has {repeated[0][:40]!r} more than once; give it once.")
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])[:40]
        raise BadRequest(f"The query's {name!r} cannot be used: {fault['msg']}.") from error


def body_of(model: type[Body]) -> Body:
    """The JSON body of this request, checked.

    Aborts with 415 when it is no JSON, 413 when it is too long, 400 when it is malformed and 422,
    which names what is wrong, when it is not what was wanted.
    """
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as JSON, with Content-Type: application/json.")
    request.max_content_length = JSON_BYTES
    try:
        return model.model_validate_json(request.get_data(), strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        if fault["type"] == "json_invalid":
            raise BadRequest(f"The body is not JSON: {fault['msg']}.") from error
        name = ".".join(str(part) for part in fault["loc"])[:80]
        of = f"The body's {name!r}" if name else "The body"
        raise UnprocessableEntity(f"{of} cannot be used: {fault['msg']}.") from error
