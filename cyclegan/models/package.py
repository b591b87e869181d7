"""Model packages with their weights: written at once or not at all, loaded after a check."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.engine import Batch, Stats
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.engines.tensors import to_tensor
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.models import descriptor
from cyclegan.models.card import (
    DESCRIPTOR,
    STATISTICS,
    TEST_INPUT,
    TEST_OUTPUT,
    WEIGHTS,
    Calibration,
    Details,
    ModelCard,
    damaged,
    read_card,
)
from cyclegan.models.example import example_image
from cyclegan.models.source import source
from cyclegan.models.statistics import from_bytes, to_bytes
from cyclegan.models.tensors import read_tensors
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics, set_statistics
from cyclegan.networks.reach import measure_reach

AT_FDCWD = -100
RENAME_EXCHANGE = 2
"""Both out of Linux's own headers, fcntl.h and fs.h."""


def save(
    folder: Path,
    network: Generator,
    *,
    architecture: str,
    title: str,
    description: str,
    spacing_um: float | None = None,
) -> ModelCard:
    """Write a package into a new folder, which appears complete or not at all.

    `network` is on the CPU in float32; `spacing_um` the µm per pixel it was trained at. The Model
    Zoo wants a title of 5 to 128 letters, digits, spaces and `_+-()`. Raises ModelError when the
    network's answer to the example image is not finite.
    """
    _example(network, None, size=network.multiple * 8)
    weights = _weights(network)
    details = Details(
        architecture=architecture,
        multiple=network.multiple,
        reach=measure_reach(network),
        spacing_um=spacing_um,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        weights_bytes=len(weights),
    )
    with _beside(folder) as new:
        (new / WEIGHTS).write_bytes(weights)
        _describe(new, network, details, title=title, description=description)
        _sync(new)
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
    `measured_megapixels` are as in `Calibration`. What people added to the descriptor stays. Raises
    ModelError as `load` does, when the statistics are not such a network's, and when the folder's
    file system cannot do it.
    """
    network = load(card)
    folder = _place(card).resolve()
    data = to_bytes(statistics)
    kept = _fitting(data, network, card.name)
    details = Details(
        architecture=str(card.architecture),
        multiple=card.multiple,
        reach=measure_reach(network),
        spacing_um=card.spacing_um,
        weights_sha256=str(card.sha256),
        weights_bytes=(folder / WEIGHTS).stat().st_size,
        statistics=Calibration(
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            images=tuple(images),
            megapixels=megapixels,
            measured_megapixels=measured_megapixels,
        ),
    )
    with _beside(folder) as new:
        shutil.copytree(folder, new, dirs_exist_ok=True)
        (new / STATISTICS).write_bytes(data)
        _describe(
            new, network, details, title=card.title, description=card.description, statistics=kept
        )
        _sync(new)
        _exchange(new, folder)
    return read_card(folder)


def load(card: ModelCard) -> Generator:
    """The generator of a package, on the CPU in float32; its norm layers have no statistics.

    Raises ModelError when the architecture is unknown, or the weights are not those that the card
    names or do not fit.
    """
    network = _empty(card)
    data = _read(card, WEIGHTS, sha256=card.sha256)
    try:
        network.load_state_dict(read_tensors(data), strict=True)
    except RuntimeError as error:
        raise damaged(card.name, f"its {WEIGHTS} does not fit {card.architecture}") from error
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
    data = _read(card, STATISTICS, sha256=card.statistics.sha256)
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
        record=record,
    )


def answer(network: Generator, batch: Batch, statistics: Statistics | None) -> NDArray[np.float32]:
    """(n, height, width, 3) float32, 0..255, not clipped: what a network on the CPU makes of it.

    The sizes are such as the network takes; `statistics` None are those of each image.
    """
    set_statistics(network, statistics)
    with torch.inference_mode():
        outputs = network.eval()(to_tensor(batch, torch.device("cpu")))
    set_statistics(network, None)
    grey: NDArray[np.float32] = (outputs * 127.5 + 127.5).permute(0, 2, 3, 1).numpy()
    return grey


def _empty(card: ModelCard) -> Generator:
    _place(card)
    if card.architecture not in GENERATORS:
        raise ModelError(
            f"the model {card.name} has the architecture {card.architecture}, which this version "
            f"does not have; there are {', '.join(GENERATORS)}"
        )
    return GENERATORS[card.architecture]()


def _place(card: ModelCard) -> Path:
    if card.folder is None:
        raise ModelError(f"{card.name} is part of the program and has no package; name one")
    return card.folder


def _read(card: ModelCard, file: str, *, sha256: str | None) -> bytes:
    try:
        data = (_place(card) / file).read_bytes()
    except OSError as error:
        raise damaged(card.name, f"its {file} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise damaged(card.name, f"its {file} has changed since it was written")
    return data


def _fitting(data: bytes, network: Generator, name: str) -> Statistics:
    try:
        return from_bytes(data, network)
    except ValueError as error:
        raise damaged(name, f"its {STATISTICS} {error}", cure="calibrate it again") from error


def _weights(network: Generator) -> bytes:
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


def _describe(
    folder: Path,
    network: Generator,
    details: Details,
    *,
    title: str,
    description: str,
    statistics: Statistics | None = None,
) -> None:
    """Write all of a package but its weights and statistics; a descriptor that is there is kept."""
    text, callable_name = source(network, statistics)
    (folder / descriptor.ARCHITECTURE_SOURCE).write_text(text, encoding="utf-8")
    content = descriptor.descriptor(
        details,
        title=title,
        description=description,
        network=callable_name,
        torch_version=torch.__version__.split("+")[0],
    )
    path = folder / DESCRIPTOR
    if path.exists():
        content = descriptor.renewed(yaml.safe_load(path.read_text(encoding="utf-8")), content)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    (folder / descriptor.README).write_text(
        descriptor.readme(details, title=title, description=description), encoding="utf-8"
    )
    _write_example(folder, network, statistics, size=descriptor.smallest_size(details))


def _write_example(
    folder: Path, network: Generator, statistics: Statistics | None, *, size: int
) -> None:
    muse, outputs = _example(network, statistics, size=size)
    np.save(folder / TEST_INPUT, muse.transpose(2, 0, 1)[None])  # (1, 3, height, width)
    np.save(folder / TEST_OUTPUT, outputs.transpose(0, 3, 1, 2))
    _write_cover(folder / descriptor.COVER, muse, outputs[0].round().clip(0, 255).astype(np.uint8))


def _example(
    network: Generator, statistics: Statistics | None, *, size: int
) -> tuple[Pixels, NDArray[np.float32]]:
    """The example image and the answer to it; raises ModelError when that is not finite."""
    muse = example_image(size)
    outputs = answer(network, muse[None], statistics)
    if not np.isfinite(outputs).all():
        raise ModelError("the generator's answer is not finite; its weights are too large")
    return muse, outputs


def _write_cover(path: Path, muse: Pixels, he: Pixels) -> None:
    Image.fromarray(np.concatenate((muse, he), axis=1)).save(path)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder beside another, which is removed at the end if it has no other name by then."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    new.chmod(0o755)  # mkdtemp lets only its owner in
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _exchange(new: Path, folder: Path) -> None:
    """Give each of two folders the other's name, in one step.

    Python has no name for this call of Linux (renameat2), which is the only one that leaves no
    moment without a package.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    names = (os.fsencode(new), os.fsencode(folder))
    if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0:
        return
    if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.EXDEV):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    raise ModelError(
        "the file system of the models folder cannot exchange two folders in one step; calibrate "
        "a copy of the package on a local disk and move that here"
    )
