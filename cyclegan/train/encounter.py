"""What colours a model met in training, for its package: at the end of that, or long after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from cyclegan.engines.engine import Watch
from cyclegan.errors import ModelError
from cyclegan.models.card import ModelCard
from cyclegan.models.colours import Colours
from cyclegan.train.data import PLAIN, Data, open_data
from cyclegan.train.familiar import PICTURES, known_colours
from cyclegan.train.muse_crops import MuseCrops
from cyclegan.train.regions import Slides
from cyclegan.train.settings import TrainSettings
from cyclegan.train.sources import Source

CROP_PX = 128
"""Side of a crop of images that somebody names."""


def of_data(data: Data, settings: TrainSettings, *, watch: Watch | None = None) -> Colours | None:
    """What a training shows its network; None where it sees no fluorescence."""
    if data.draw is None:
        return None
    count = settings.steps * settings.batch * settings.accumulate
    spacing = settings.model.spacing_um
    return known_colours(data.draw, count=count, spacing_um=spacing, watch=watch)


def of_its_training(card: ModelCard, *, watch: Watch | None = None) -> Colours:
    """What the training of a package showed its network, whose settings the package keeps.

    Paths in them are relative to the folder in which this is done. Raises ModelError when it keeps
    none or no fluorescence was seen, Cancelled, and what opening the pictures raises.
    """
    if card.training is None or not card.training.settings:
        raise ModelError(
            f"the model {card.name} does not say how it was trained; name MUSE images, or folders "
            "of them, that it was trained on"
        )
    try:
        settings = TrainSettings.model_validate(card.training.settings)
    except ValidationError as error:
        raise ModelError(
            f"the model {card.name} was trained with settings that this version does not have; "
            "name MUSE images, or folders of them, that it was trained on"
        ) from error
    with open_data(settings) as data:
        found = of_data(data, settings, watch=watch)
    if found is None:
        raise ModelError(
            f"the model {card.name} was trained on H&E alone, so that no colours of MUSE are known "
            "to it"
        )
    return found


def of_images(card: ModelCard, images: Sequence[Path], *, watch: Watch | None = None) -> Colours:
    """What images of MUSE, files or folders, show to the network of a package.

    Raises SettingsError and TrainingError for what cannot be used, and Cancelled.
    """
    sources = [Source(path=path) for path in images]
    with Slides(sources, spacing_um=card.spacing_um) as slides:
        crops = MuseCrops(slides, input=card.input, crop_px=CROP_PX, seed=0, augment=PLAIN)
        return known_colours(crops.picture, count=PICTURES, spacing_um=card.spacing_um, watch=watch)
