"""The models that can be chosen."""

from __future__ import annotations

from flask import Blueprint, Response

from app.api.operation import Operation, describe, json_answer
from app.auditing import audited
from app.current import services
from app.documents import ModelList, model_document
from app.rights import needs

blueprint = Blueprint("api_models", __name__)


@blueprint.get("/api/v1/models")
@audited("list", only_refused=True)
@needs("viewer")
@describe(Operation("The models that can be chosen, with their cards", {200: ModelList}))
def index() -> Response:
    """The cards of all models that are not hidden."""
    default = services().default_model
    cards = services().catalogue.cards()
    shown = [model_document(card, default=default) for card in cards if not card.hidden]
    return json_answer(ModelList(models=shown))
