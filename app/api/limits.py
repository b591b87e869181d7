"""What may be sent, told before anything is sent."""

from __future__ import annotations

from flask import Blueprint, Response

from app import access
from app.api.operation import Operation, describe, json_answer
from app.auditing import audited
from app.current import services
from app.documents import LimitsDocument, limits_document
from app.rights import needs

blueprint = Blueprint("api_limits", __name__)


@blueprint.get("/api/v1/limits")
@audited("view", only_refused=True)
@needs("viewer")
@describe(Operation("Formats, bytes and pixels that are taken", {200: LimitsDocument}))
def show() -> Response:
    """The limits in force, and what the asker has used of them."""
    user_bytes = services().queue.used_bytes(access.sender())
    return json_answer(limits_document(services().settings, user_bytes=user_bytes))
