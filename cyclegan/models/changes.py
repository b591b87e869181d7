"""Which packages may be changed after they were made."""

from __future__ import annotations

from cyclegan.errors import ModelError
from cyclegan.models.bundled import SHIPPED
from cyclegan.models.card import ModelCard, folder_of
from cyclegan.models.record import TrainingRecord


def require_own(card: ModelCard, change: str) -> None:
    """Raise ModelError for a model that comes with the program; `change` is a verb."""
    if card.folder is not None and card.folder.resolve().parent == SHIPPED.resolve():
        raise ModelError(
            f"the model {card.name} comes with the program and stays as it is; copy its folder "
            f"into the models folder under another name, and {change} that"
        )


def require_place_for_scores(card: ModelCard) -> TrainingRecord:
    """The record of training that scores are put into; raises ModelError where there is none."""
    folder_of(card)
    require_own(card, "measure")
    if card.training is None:
        raise ModelError(
            f"the model {card.name} does not say how it was trained, so its card has no place for "
            "scores; only packages that scripts/train.py has made keep them"
        )
    return card.training
