"""Model packages with their weights: written at once or not at all, loaded after a check."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import yaml
from PIL import Image

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.engine import Stats
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS
from cyclegan.models import descriptor
from cyclegan.models.answer import example
from cyclegan.models.card import (
    DESCRIPTOR,
    STATISTICS,
    TEST_INPUT,
    TEST_OUTPUT,
    TORCH_WEIGHTS,
    WEIGHTS,
    Calibration,
    Details,
    ModelCard,
    damaged,
    folder_of,
    read_card,
    read_details,
    read_file,
)
from cyclegan.models.changes import require_place_for_scores
from cyclegan.models.colours import Colours, write_colours
from cyclegan.models.folder import beside, exchange, sync
from cyclegan.models.readme import README, readme
from cyclegan.models.record import Scores, TrainingRecord
from cyclegan.models.reverse import WayBack, remove_reverse, write_reverse
from cyclegan.models.source import FILE, source
from cyclegan.models.statistics import from_bytes, to_bytes
from cyclegan.models.weights import Precision, halved, read_weights, write_weights
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics
from cyclegan.networks.reach import measure_reach


def save(
    folder: Path,
    network: Generator,
    *,
    architecture: str,
    title: str,
    description: str,
    view: str = "rgb",
    spacing_um: float | None = None,
    precision: Precision = "float32",
    statistics: Statistics | None = None,
    record: TrainingRecord | None = None,
    colours: Colours | None = None,
    way_back: WayBack | None = None,
    cover: Pixels | None = None,
) -> ModelCard:
    """Write a package into a new folder, which appears complete or not at all.

    `network` is on the CPU in float32 and stays as it is; `view` is the key of `INPUTS` through
    which it saw images in training, `spacing_um` the µm per pixel of these. With `precision`
    float16 its weights are rounded to that if this changes no pixel of the example by more than a
    grey level. `statistics` are those that it was trained with, `record` tells of the training,
    `colours` what pictures it had, `way_back` leads from its results to what it has seen, and
    `cover` is a picture of what it does; None: the example. The Model Zoo wants a title of 5 to 128
    letters, digits, spaces and `_+-()`. Raises ModelError when the network's answer to the example
    is not finite, or the statistics are not such a network's.
    """
    example(network, statistics, size=network.multiple * 8, view=view)
    reach = measure_reach(network)
    if precision == "float16":
        size = descriptor.smallest_size(reach, network.multiple)
        half = halved(network, statistics, size=size, view=view)
        network, precision = (network, "float32") if half is None else (half, "float16")
    with beside(folder) as new:
        weights = write_weights(new, network, precision)
        details = Details(
            architecture=architecture,
            width=_width(network),
            input=view,
            multiple=network.multiple,
            reach=reach,
            spacing_um=spacing_um,
            weights=WEIGHTS,
            weights_sha256=hashlib.sha256(weights).hexdigest(),
            weights_bytes=len(weights),
            training=record,
        )
        if statistics is not None:
            data = to_bytes(statistics)
            statistics = _fitting(data, network, folder.name)
            details = _with_statistics(new, details, data, origin="training")
        if colours is not None:
            details = details.model_copy(update={"colours": write_colours(new, colours)})
        if way_back is not None:
            size = descriptor.smallest_size(reach, network.multiple)
            shown = example(network, statistics, size=size, view=view)
            reverse = write_reverse(new, way_back, shown)
            details = details.model_copy(update={"reverse": reverse})
        _describe(
            new,
            network,
            details,
            title=title,
            description=description,
            statistics=statistics,
            cover=cover,
        )
        sync(new)
        new.rename(folder)
    return read_card(folder)


def keep_statistics(
    card: ModelCard,
    statistics: Statistics,
    *,
    images: Sequence[str],
    megapixels: float,
    measured_megapixels: float,
) -> ModelCard:
    """Put statistics into a package, in the place of those it had: whole, or it stays as it was.

    `images` are the SHA-256 of the files they were measured on; `megapixels` and
    `measured_megapixels` are as in `Calibration`. What people added to the descriptor stays; scores
    of its training go, as they were of other statistics, and so does the way back, whose usual
    error was. Raises ModelError as `load` does, when the statistics are not such a network's, and
    when the folder's file system cannot do it.
    """
    network = load(card)
    folder = folder_of(card).resolve()
    data = to_bytes(statistics)
    kept = _fitting(data, network, card.name)
    details = read_details(folder).model_copy(
        update={
            "reach": measure_reach(network),
            "training": _unscored(card.training),
            "reverse": None,
        }
    )
    with beside(folder) as new:
        shutil.copytree(folder, new, dirs_exist_ok=True)
        remove_reverse(new)
        details = _with_statistics(
            new,
            details,
            data,
            images=tuple(images),
            megapixels=megapixels,
            measured_megapixels=measured_megapixels,
        )
        _describe(
            new, network, details, title=card.title, description=card.description, statistics=kept
        )
        sync(new)
        exchange(new, folder)
    return read_card(folder)


def keep_scores(card: ModelCard, scores: Scores) -> ModelCard:
    """Put measured scores on the card of a package, in the place of those it had.

    Raises ModelError as `load` and `require_place_for_scores` do, and when the folder's file system
    cannot do it.
    """
    training = require_place_for_scores(card)
    network = load(card)
    folder = folder_of(card).resolve()
    details = read_details(folder).model_copy(
        update={"training": training.model_copy(update={"scores": scores})}
    )
    kept = load_statistics(card) if card.statistics else None
    with beside(folder) as new:
        shutil.copytree(folder, new, dirs_exist_ok=True)
        _describe(
            new, network, details, title=card.title, description=card.description, statistics=kept
        )
        sync(new)
        exchange(new, folder)
    return read_card(folder)


def keep_colours(card: ModelCard, colours: Colours) -> ModelCard:
    """Put what a model was trained on into its package; nothing else of that changes.

    Raises ModelError when it has no package, or the folder's file system cannot do it.
    """
    folder = folder_of(card).resolve()
    with beside(folder) as new:
        shutil.copytree(folder, new, dirs_exist_ok=True)
        path = new / DESCRIPTOR
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        details = read_details(folder).model_copy(update={"colours": write_colours(new, colours)})
        content["config"]["colormapper"] = details.model_dump(mode="json")
        _write_descriptor(path, content)
        sync(new)
        exchange(new, folder)
    return read_card(folder)


def load(card: ModelCard) -> Generator:
    """The generator of a package, on the CPU in float32; its norm layers have no statistics.

    Raises ModelError when the architecture or what it sees is unknown, or the weights are not those
    that the card names or do not fit.
    """
    network = _empty(card)
    data = read_file(card, card.weights, sha256=card.sha256)
    try:
        network.load_state_dict(read_weights(card.weights, data), strict=True)
    except RuntimeError as error:
        raise damaged(
            card.name, f"its {card.weights} does not fit {card.architecture} of width {card.width}"
        ) from error
    return network


def load_statistics(card: ModelCard) -> Statistics:
    """The statistics that a package keeps, on the CPU.

    Raises ModelError when it keeps none, or the file is not that which the card names or does not
    fit the architecture.
    """
    with torch.device("meta"):
        network = _empty(card)
    if card.statistics is None:
        raise ModelError(
            f"the model {card.name} keeps no statistics of its norm layers; measure them with "
            f"scripts/models.py calibrate {card.name} IMAGE..., or choose other statistics"
        )
    data = read_file(card, STATISTICS, sha256=card.statistics.sha256)
    return _fitting(data, network, card.name)


def open_engine(
    card: ModelCard, *, device: DeviceName = "auto", stats: Stats | None = None
) -> GeneratorEngine:
    """The engine that runs a package's generator.

    `stats` None stands for `model` where the package keeps statistics. Raises ModelError as `load`
    and, where it keeps some or `model` is asked for, as `load_statistics` does.
    """
    network = load(card)
    wanted = stats == "model" or (stats is None and card.statistics is not None)
    record = {
        "model": card.name,
        "architecture": card.architecture,
        "weights_sha256": card.sha256,
        "model_spacing_um": card.spacing_um,
        # A package may get others while a translation waits to be resumed.
        **({"statistics_sha256": card.statistics.sha256} if wanted and card.statistics else {}),
    }
    return GeneratorEngine(
        network,
        device=choose_device(device),
        stats=stats,
        statistics=load_statistics(card) if wanted else None,
        # Packages of the first version do not say it.
        reach=measure_reach(network) if card.reach is None else card.reach,
        view=card.input,
        record=record,
    )


def _empty(card: ModelCard) -> Generator:
    folder_of(card)
    for kind, met, known in (
        ("architecture", card.architecture, GENERATORS),
        ("input", card.input, INPUTS),
    ):
        if met not in known:
            raise ModelError(
                f"the model {card.name} has the {kind} {met}, which this version does not have; "
                f"there are {', '.join(known)}"
            )
    return GENERATORS[str(card.architecture)](card.width)


def _width(network: Generator) -> int:
    """Channels of the first layer."""
    first = network.steps()[0].conv
    if first is None:
        raise ValueError("a generator begins with a convolution")
    return first.out_channels


def _fitting(data: bytes, network: Generator, name: str) -> Statistics:
    try:
        return from_bytes(data, network)
    except ValueError as error:
        raise damaged(name, f"its {STATISTICS} {error}", cure="calibrate it again") from error


def _with_statistics(folder: Path, details: Details, data: bytes, **told: object) -> Details:
    """Write the file of the statistics; returns what is told of the package with them."""
    (folder / STATISTICS).write_bytes(data)
    kept = Calibration.model_validate(
        {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **told}
    )
    return details.model_copy(update={"statistics": kept})


def _write_descriptor(path: Path, content: descriptor.Content) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _unscored(record: TrainingRecord | None) -> TrainingRecord | None:
    return None if record is None else record.model_copy(update={"scores": None})


def _describe(
    folder: Path,
    network: Generator,
    details: Details,
    *,
    title: str,
    description: str,
    statistics: Statistics | None = None,
    cover: Pixels | None = None,
) -> None:
    """Write all of a package but its weights and statistics; a descriptor that is there is kept.

    `cover` None stands for the example beside the answer to it.
    """
    text, callable_name = source(network, statistics)
    (folder / FILE).write_text(text, encoding="utf-8")
    content = descriptor.descriptor(
        details,
        title=title,
        description=description,
        network=callable_name,
        torch_version=torch.__version__.split("+")[0],
        torch_sha256=hashlib.sha256((folder / TORCH_WEIGHTS).read_bytes()).hexdigest(),
    )
    path = folder / DESCRIPTOR
    if path.exists():
        content = descriptor.renewed(yaml.safe_load(path.read_text(encoding="utf-8")), content)
    _write_descriptor(path, content)
    text = readme(details, title=title, description=description)
    (folder / README).write_text(text, encoding="utf-8")
    size = descriptor.smallest_size(details.reach, details.multiple)
    shown = example(network, statistics, size=size, view=details.input)
    np.save(folder / TEST_INPUT, shown.seen.transpose(2, 0, 1)[None])  # (1, 3, height, width)
    np.save(folder / TEST_OUTPUT, shown.answer.transpose(2, 0, 1)[None])
    if cover is None:
        cover = np.concatenate((shown.image, shown.pixels), axis=1)
    Image.fromarray(cover).save(folder / descriptor.COVER)
