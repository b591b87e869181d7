"""The end of a training: a model package, and how it differs in serving from what was trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cyclegan.engines.engine import Batch
from cyclegan.engines.frozen import open_runtime
from cyclegan.engines.tensors import to_pixels
from cyclegan.models.answer import answer
from cyclegan.models.card import ModelCard
from cyclegan.models.descriptor import smallest_size
from cyclegan.models.package import save
from cyclegan.models.record import Scores, TrainingRecord
from cyclegan.models.reverse import WayBack
from cyclegan.models.weights import Precision, halved
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics
from cyclegan.networks.reach import measure_reach
from cyclegan.quality.patch import block_means
from cyclegan.train.data import Data
from cyclegan.train.encounter import of_data
from cyclegan.train.run_folder import code_of
from cyclegan.train.settings import ModelSettings, TrainSettings
from cyclegan.train.tasks.learner import Learner, Sample

PACKAGES = "package"
"""Folder of a run in which its package lies."""
RETURNED = 32
"""Pictures of training by which it is known how far they differ when they come back."""
PLACE_PX = 32
"""Side of a place in which that is measured: about a cell of the maps of quality."""
UNSTATED_LIMITS = "Nobody has stated its limits. A virtual stain is no diagnosis."


def export(
    settings: TrainSettings,
    folder: Path,
    learner: Learner,
    data: Data,
    *,
    held_out: Sample | None,
) -> ModelCard:
    """Write the package of a trained model into its run folder, in the place of an earlier one.

    `data` is what it was trained on. Raises ModelError when its answers are not finite.
    """
    model = settings.model
    weights, statistics = learner.weights()
    # What rounding costs is to show in the scores, so it comes first.
    network, precision = _rounded(_on_cpu(model, weights), statistics, model.input)
    place = folder / PACKAGES / model.name
    place.parent.mkdir(exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    return save(
        place,
        network,
        architecture=model.architecture,
        title=model.title,
        description=model.description,
        view=model.input,
        spacing_um=model.spacing_um,
        precision=precision,
        statistics=statistics,
        record=TrainingRecord(
            trained_on=model.trained_on or _trained_on(settings),
            sources=model.sources,
            limits=model.limits or UNSTATED_LIMITS,
            stain=data.stain,
            scores=_scores(network, statistics, learner, held_out) if held_out else None,
            settings=json.loads(settings.model_dump_json()),
            code=code_of(folder),
        ),
        colours=of_data(data, settings),
        way_back=_way_back(network, statistics, settings, learner, data),
    )


def _way_back(
    network: Generator,
    statistics: Statistics,
    settings: TrainSettings,
    learner: Learner,
    data: Data,
) -> WayBack | None:
    found = learner.way_back() if settings.cyclegan.keep_reverse else None
    if found is None:
        return None
    model, (weights, its) = settings.model, found
    back, precision = _rounded(_on_cpu(model, weights), its, "rgb")
    errors = []
    for index in range(RETURNED):
        seen = _pixels(data.training[index]["a"][None])
        made = answer(network, seen, statistics).round().clip(0, 255).astype(np.uint8)
        again = answer(back, made, its).clip(0, 255)
        errors.append(block_means(np.abs(again - seen)[0].mean(axis=2), PLACE_PX).ravel())
    # A network that paints one colour whatever it sees would come back without any error.
    usual = max(float(np.percentile(np.concatenate(errors), 95)), 1.0)
    return WayBack(
        back,
        its,
        architecture=model.architecture,
        width=model.width,
        usual_error=usual,
        precision=precision,
    )


def _on_cpu(model: ModelSettings, weights: Mapping[str, Tensor]) -> Generator:
    network = GENERATORS[model.architecture](model.width)
    network.load_state_dict({name: value.cpu() for name, value in weights.items()})
    return network.eval().requires_grad_(False)


def _rounded(network: Generator, statistics: Statistics, view: str) -> tuple[Generator, Precision]:
    """The network with the weights that its package will have, and their precision."""
    size = smallest_size(measure_reach(network), network.multiple)
    half = halved(network, statistics, size=size, view=view)
    return (network, "float32") if half is None else (half, "float16")


def _scores(
    network: Generator, statistics: Statistics, learner: Learner, held_out: Sample
) -> Scores:
    """The measure of the run's end, and two of whether serving repeats training.

    `served_max` is the largest difference, in grey levels, between the network as it was trained
    and what the weights of its package give in the runtime of the service; `own_statistics` the
    mean one if each picture brought its own statistics, as patches do in other programs: what a
    package without statistics would suffer.
    """
    trained = learner.show(held_out)["translation"]
    seen = _pixels(held_out["a"])
    runtime = open_runtime(network, statistics, torch.device("cpu"))
    served = np.concatenate([runtime(picture[None]) for picture in seen])
    runtime.close()
    own = np.concatenate([answer(network, picture[None], None) for picture in seen])
    values = {
        **learner.measure(held_out),
        "served_max": float(np.abs(served.astype(np.int16) - _pixels(trained)).max()),
        "own_statistics": float(np.abs(own - _pixels(trained)).mean()),
    }
    return Scores(
        measured_on=f"{len(seen)} crops of {seen.shape[2]} px that training has not seen, by the "
        "training itself; `served_max` and `own_statistics` in grey levels",
        values=values,
    )


def _pixels(images: Tensor) -> Batch:
    return to_pixels(images.float())


def _trained_on(settings: TrainSettings) -> str:
    names = sorted({source.path.name for source in settings.sources})
    return f"Images of {', '.join(names)}; nobody has said more."
