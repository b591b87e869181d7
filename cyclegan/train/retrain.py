"""The settings of a training that goes on from a model with images that people have accepted."""

from __future__ import annotations

from collections.abc import Sequence

from cyclegan.errors import SettingsError
from cyclegan.models.card import ModelCard
from cyclegan.train.settings import TrainSettings
from cyclegan.train.sources import Source

TRAINED_ON = (
    "Images of MUSE that people accepted in review, {share:.0%} of all crops, beside those of an "
    "earlier training; H&E as in that training. It began with the model {model}."
)
BEGUN = "Images of MUSE that people accepted in review, {share:.0%} of all crops; H&E of their own."


def require_base(base: TrainSettings, original_share: float) -> None:
    """Raise SettingsError when the settings cannot be those of a training on reviewed images."""
    if base.task != "cyclegan":
        raise SettingsError(
            f"the task of the base is {base.task}; reviewed images have no truth, so that "
            "retraining is unpaired (task: cyclegan): copy configs/train.yaml and name that"
        )
    if not base.data.train_b:
        raise SettingsError("the base names no H&E to learn from; give it data.train_b")
    if original_share and base.data.rigs:
        raise SettingsError(
            "the base simulates its MUSE while it trains, which cannot be mixed with images that "
            "are real: write some with scripts/simulate.py and name their folder by --original"
        )
    if original_share and not base.data.train_a:
        raise SettingsError(
            "the base names no MUSE of its own to mix with what was reviewed; name a folder by "
            "--original, or go without by --original-share 0"
        )


def retraining(
    base: TrainSettings,
    *,
    name: str,
    card: ModelCard,
    accepted: Sequence[Source],
    held_out: Sequence[Source],
    original_share: float,
) -> TrainSettings:
    """The base's settings with accepted images beside its own, beginning with the card's network.

    `accepted` are sources of MUSE to learn from, of which each says its part of all that was
    accepted as its `share`. A card without a network leaves the base's own to begin anew. Raises
    SettingsError where the settings do not go together.
    """
    require_base(base, original_share)
    share = 1 - original_share
    mixed = tuple(_scaled(source, share) for source in accepted)
    model = base.model.model_dump() | {"name": name} | _network_of(card)
    begins = card.folder is not None
    model["trained_on"] = (TRAINED_ON if begins else BEGUN).format(share=share, model=card.name)
    own_a = base.data.train_a if original_share else ()
    data = base.data.model_dump() | {
        "folder": None,
        "spacing_um": None,
        "rigs": 0,
        "train_a": (*mixed, *own_a),
        "test_a": (*held_out, *base.data.test_a) if base.data.test_b else (),
    }
    values = base.model_dump() | {"model": model, "data": data}
    if begins:
        values["warm_start"] = card.folder
    try:
        return TrainSettings.model_validate(values)
    except ValueError as error:
        raise SettingsError(f"the base does not go with {card.name}: {error}") from error


def _scaled(source: Source, share: float) -> Source:
    """With its part of all crops; the only source there is needs none."""
    part = (source.share or 1.0) * share
    return source.model_copy(update={"share": part if part < 1 else None})


def _network_of(card: ModelCard) -> dict[str, object]:
    if card.folder is None:
        return {}
    return {
        "architecture": card.architecture,
        "width": card.width,
        "input": card.input,
        "spacing_um": card.spacing_um,
    }
