"""Model packages with their weights: written at once or not at all, loaded after a check."""

from __future__ import annotations

import hashlib
import inspect
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.generator import GeneratorEngine, to_pixels, to_tensor
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.models import descriptor
from cyclegan.models.card import (
    DESCRIPTOR,
    TEST_INPUT,
    TEST_OUTPUT,
    WEIGHTS,
    Details,
    ModelCard,
    damaged,
    read_card,
)
from cyclegan.models.example import example_image
from cyclegan.models.tensors import read_tensors
from cyclegan.networks import GENERATORS, Generator, norm

TILE_HALO = 128
"""px; with statistics of each patch no halo makes patches agree: half of 512 px overlaps."""


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

    `network` is on the CPU in float32; `spacing_um` the µm per pixel it was trained at. Raises
    ModelError when its answer to the example image is not finite.
    """
    weights = _weights(network)
    details = Details(
        architecture=architecture,
        statistics="tile",
        halo=TILE_HALO,
        multiple=network.multiple,
        spacing_um=spacing_um,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        weights_bytes=len(weights),
    )
    content = descriptor.descriptor(
        details,
        title=title,
        description=description,
        network=type(network).__name__,
        torch_version=torch.__version__.split("+")[0],
    )
    with _appearing(folder) as new:
        (new / WEIGHTS).write_bytes(weights)
        (new / descriptor.ARCHITECTURE_SOURCE).write_text(_source(network), encoding="utf-8")
        (new / DESCRIPTOR).write_text(
            yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        (new / descriptor.README).write_text(
            descriptor.readme(details, title=title, description=description), encoding="utf-8"
        )
        _write_example(new, network)
    return read_card(folder)


def load(card: ModelCard) -> Generator:
    """The generator of a package, on the CPU in float32.

    Raises ModelError when the architecture is unknown, or the weights are not those that the card
    names or do not fit.
    """
    if card.folder is None or card.architecture not in GENERATORS:
        raise ModelError(
            f"the model {card.name} has the architecture {card.architecture}, which this version "
            f"does not have; there are {', '.join(GENERATORS)}"
        )
    try:
        data = (card.folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise damaged(card.name, f"its {WEIGHTS} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise damaged(card.name, f"its {WEIGHTS} has changed since it was imported")
    network = GENERATORS[card.architecture]()
    try:
        network.load_state_dict(read_tensors(data), strict=True)
    except RuntimeError as error:
        raise damaged(card.name, f"its {WEIGHTS} does not fit {card.architecture}") from error
    return network


def open_engine(card: ModelCard, *, device: DeviceName = "auto") -> GeneratorEngine:
    """The engine that runs a package's generator; raises ModelError as `load` does."""
    record = {
        "model": card.name,
        "architecture": card.architecture,
        "weights_sha256": card.sha256,
        "model_spacing_um": card.spacing_um,
    }
    chosen = choose_device(device)
    return GeneratorEngine(load(card), device=chosen, halo=card.halo, record=record)


def _weights(network: Generator) -> bytes:
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.getvalue()


def _source(network: Generator) -> str:
    """The network's source as one file without imports of ours, for tools that run it."""
    modules = (norm, sys.modules[type(network).__module__])
    lines = "\n\n".join(inspect.getsource(module) for module in modules).splitlines()
    ours = ("from __future__", "from cyclegan")
    kept = [line for line in lines if not line.startswith(ours)]
    return "\n".join(["from __future__ import annotations", "", *kept, ""])


def _write_example(folder: Path, network: Generator) -> None:
    muse = example_image()
    with torch.inference_mode():
        outputs = network.eval()(to_tensor(muse[None], torch.device("cpu")))
    if not torch.isfinite(outputs).all():
        raise ModelError("the generator's answer is not finite; its weights are too large")
    np.save(folder / TEST_INPUT, muse.transpose(2, 0, 1)[None])  # (1, 3, height, width)
    answer: NDArray[np.float32] = (outputs * 127.5 + 127.5).numpy()
    np.save(folder / TEST_OUTPUT, answer)
    _write_cover(folder / descriptor.COVER, muse, to_pixels(outputs)[0])


def _write_cover(path: Path, muse: Pixels, he: Pixels) -> None:
    Image.fromarray(np.concatenate((muse, he), axis=1)).save(path)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A new folder to write into, which gets its name when the block ends without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        yield new
        new.chmod(0o755)  # mkdtemp lets only its owner in
        for path in new.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
