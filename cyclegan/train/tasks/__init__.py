"""What can be trained, by the name that the settings have for it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.utils.data import Dataset, default_collate

from cyclegan.errors import TrainingError
from cyclegan.models.card import read_card
from cyclegan.models.package import load, load_statistics
from cyclegan.train.saliency import Saliency, fitted
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks.cyclegan import CycleGan
from cyclegan.train.tasks.learner import Learner
from cyclegan.train.tasks.supervised import Supervised
from cyclegan.train.team import Team

__all__ = ["TASKS", "Learner"]

Pictures = Dataset[dict[str, Tensor]]

FITTED_ON = 32
"""Training samples that the thresholds of the saliency loss are fitted on."""


def _cyclegan(settings: TrainSettings, team: Team, pictures: Pictures) -> Learner:
    saliency = _saliency(settings, pictures) if settings.cyclegan.saliency.weight else None
    return _begun(CycleGan(settings, team, saliency=saliency), settings)


def _supervised(settings: TrainSettings, team: Team, _pictures: Pictures) -> Learner:
    return _begun(Supervised(settings, team), settings)


def _begun(learner: CycleGan | Supervised, settings: TrainSettings) -> Learner:
    """The learner with what it is to begin with; raises TrainingError for another network."""
    if settings.warm_start is not None:
        card = read_card(settings.warm_start)
        if (card.architecture, card.width, card.input) != _kind(settings):
            raise TrainingError(
                f"the model {card.name} is {card.architecture} of width {card.width} that sees "
                f"{card.input}; a training that begins with it needs the same in its settings"
            )
        statistics = load_statistics(card) if card.statistics else None
        learner.begin_with(load(card).state_dict(), statistics)
    return learner


def _kind(settings: TrainSettings) -> tuple[str, int, str]:
    return settings.model.architecture, settings.model.width, settings.model.input


def _saliency(settings: TrainSettings, pictures: Pictures) -> Saliency:
    wanted = settings.cyclegan.saliency
    sample = default_collate([pictures[index] for index in range(FITTED_ON)])
    try:
        return fitted(
            wanted.kind,
            sample["a"],
            sample["b"],
            source_is_bright=not settings.model.sees_dark_tissue,
            slope=wanted.slope,
        )
    except ValueError as error:
        raise TrainingError(f"the saliency loss cannot be used: {error}") from error


TASKS: dict[str, Callable[[TrainSettings, Team, Pictures], Learner]] = {
    "cyclegan": _cyclegan,
    "colorize": _supervised,
    "paired": _supervised,
}
"""What makes a learner at the start of a run; the pictures are those it will see."""
