"""The OpenAPI document, made of what stands beside the views, and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.operation import Operation, operation_of
from app.auditing import audited
from app.documents import ErrorDocument
from app.errors import CHECKSUM_MISMATCH
from app.rights import needs

blueprint = Blueprint(
    "openapi", __name__, template_folder="templates", static_folder="static",
    static_url_path="/api/static",
)  # fmt: skip

Mode = Literal["serialization", "validation"]

UNTOLD = {"HEAD", "OPTIONS"}
"""Methods that every address has, or whose answers have no body to describe."""
REFERENCE = "#/components/schemas/{model}"
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API token of your account; not needed where nobody logs in.",
}
ABOUT = {
    "title": "Color Mapper",
    "version": "1",
    "description": (
        "Send a MUSE image, follow its translation to virtual H&E, fetch the result. "
        "Errors are JSON with a code, a message and the number of the request. "
        "For research use only; a virtual stain is not a diagnosis."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


@blueprint.get("/api/openapi.json")
@audited("view", only_refused=True)
@needs("viewer")
def document() -> Response:
    """The OpenAPI document of this service."""
    return jsonify(openapi(current_app))


@blueprint.get("/api/docs")
@audited("view", only_refused=True)
@needs("viewer")
def browse() -> str:
    """A page to read and try the API."""
    return render_template("api/docs.html")


def openapi(app: Flask) -> dict[str, Any]:
    """OpenAPI 3.1 of all described views; call it within a request."""
    paths: dict[str, dict[str, Any]] = {}
    models: set[tuple[type[BaseModel], Mode]] = {(ErrorDocument, "serialization")}
    for path, method, endpoint, operation in _operations(app):
        paths.setdefault(path, {})[method] = _operation(path, endpoint, operation)
        answers = {answer for answer in operation.answers.values() if isinstance(answer, type)}
        models |= {(answer, "serialization") for answer in answers}
        if operation.json is not None:
            models.add((operation.json, "validation"))
    inputs = sorted(models, key=lambda known: (known[0].__name__, known[1]))
    _, schemas = models_json_schema(inputs, ref_template=REFERENCE)
    components = {"schemas": schemas["$defs"], "securitySchemes": {"token": TOKEN}}
    return {
        "openapi": "3.1.0",
        "info": ABOUT,
        "paths": paths,
        "components": components,
        "security": [{"token": []}, {}],
    }


def _operations(app: Flask) -> Iterator[tuple[str, str, str, Operation]]:
    for rule in app.url_map.iter_rules():
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is not None:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in sorted((rule.methods or set()) - UNTOLD):
                yield path, method.lower(), rule.endpoint, operation


def _operation(path: str, endpoint: str, operation: Operation) -> dict[str, Any]:
    written: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": operation.summary,
        "tags": [_tag(path)],
        "parameters": [*_path_parameters(path), *_query(operation), *_headers(operation)],
        "responses": dict(_responses(operation)),
    }
    if operation.body is not None:
        written["requestBody"] = operation.body()
    elif operation.json is not None:
        written["requestBody"] = {"required": True, "content": _content(operation.json)}
    return written


def _tag(path: str) -> str:
    """What a path is about: the noun after the version, files, or the service itself."""
    found = re.match(r"/api/v1/(\w+)", path)
    if found:
        return found[1]
    if path.startswith("/batches/"):
        return "batches"
    return "results" if path.startswith(("/results/", "/s/", "/tiles/")) else "service"


def _responses(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    answers = {**operation.answers, **dict.fromkeys(operation.errors, ErrorDocument)}
    for status, answer in sorted(answers.items()):
        response: dict[str, Any] = {"description": _phrase(status)}
        if answer is not None:
            response["content"] = _content(answer)
        yield str(status), response
    yield "default", {"description": "Not done", "content": _content(ErrorDocument)}


def _phrase(status: int) -> str:
    return "Checksum Mismatch" if status == CHECKSUM_MISMATCH else HTTPStatus(status).phrase


def _content(answer: type[BaseModel] | tuple[str, ...]) -> dict[str, Any]:
    if isinstance(answer, tuple):
        return {media_type: {"schema": {}} for media_type in answer}
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=answer.__name__)}}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.query is None:
        return
    whole = operation.query.model_json_schema()
    for name, schema in whole["properties"].items():
        known = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
        is_required = name in whole.get("required", ())
        yield {
            "name": name,
            "in": "query",
            "required": is_required,
            "schema": known[0] if known else schema,
        }


def _headers(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, parameter in (operation.headers or {}).items():
        yield {"name": name, "in": "header", **parameter}
