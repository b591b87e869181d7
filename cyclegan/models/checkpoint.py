"""The import of generators that were trained with the public CycleGAN and GANILLA projects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cyclegan.errors import ModelError
from cyclegan.images.spacing import LARGEST_UM, SMALLEST_UM
from cyclegan.models.card import NAME_RULE, ModelCard, is_name
from cyclegan.models.catalogue import taken
from cyclegan.models.package import save
from cyclegan.models.recognise import recognise
from cyclegan.models.tensors import read_tensors
from cyclegan.networks import GENERATORS, Generator

LARGEST_FILE = 2**30
"""Bytes; the largest generator read here has 46 MB of weights."""

SHORTEST_TITLE = 5
"""Letters; the Model Zoo refuses shorter ones."""


def import_checkpoint(
    path: Path,
    *,
    architecture: str,
    name: str,
    folder: Path,
    spacing_um: float | None = None,
) -> ModelCard:
    """Make the package `folder/name` out of a checkpoint such as `latest_net_G_A.pth`.

    `architecture` is a key of `GENERATORS`, `spacing_um` the µm per pixel it was trained at. Raises
    ModelError that names the cause when the file is not such a generator or the name cannot be
    used; then nothing is left behind.
    """
    _check_name(name, folder)
    if spacing_um is not None and not SMALLEST_UM <= spacing_um <= LARGEST_UM:
        raise ModelError(
            f"a spacing of {spacing_um:g} µm per pixel is not possible; give one from "
            f"{SMALLEST_UM:g} to {LARGEST_UM:g}, in which images are read"
        )
    network = load_checkpoint(path, architecture=architecture)
    return save(
        folder / name,
        network,
        architecture=architecture,
        title=name if len(name) >= SHORTEST_TITLE else f"{name} generator",
        description=f"A generator of the architecture {architecture}, imported from a checkpoint.",
        spacing_um=spacing_um,
    )


def load_checkpoint(path: Path, *, architecture: str) -> Generator:
    """The generator of an architecture with the weights of a checkpoint, on the CPU in float32.

    Raises ModelError that names the cause when they do not fit.
    """
    if architecture not in GENERATORS:
        raise ModelError(
            f"there is no architecture {architecture[:64]!r}; choose one of {', '.join(GENERATORS)}"
        )
    network = GENERATORS[architecture]()
    state = _without_leftovers(read_tensors(_read(path)))
    _check_fit(state, network.state_dict(), architecture)
    network.load_state_dict(state, strict=True)
    return network


def _check_name(name: str, folder: Path) -> None:
    if not is_name(name) or name in taken():
        raise ModelError(
            f"a model cannot be named {name[:64]!r}; choose {NAME_RULE}, and none of "
            f"{', '.join(taken())}"
        )
    if (folder / name).exists():
        raise ModelError(f"there is a model {name} already; choose another name or remove it first")


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ModelError(
                f"the file has {size / 1e6:.0f} MB; wanted the weights of one generator, "
                f"of at most {LARGEST_FILE / 1e6:.0f} MB"
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"the file {path.name} cannot be read: {error.strerror}") from error


def _without_leftovers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state without what training in parallel, dropout and old torch versions put there."""
    plain = {name.removeprefix("module."): value for name, value in state.items()}
    for name, value in plain.items():
        if name.endswith(".weight") and value.ndim == 1:
            raise ModelError(
                f"the generator was trained with batch normalisation ({name[:80]} is "
                "one-dimensional), which is not read here; train it with --norm instance"
            )
    # Before torch 0.4 instance normalisation saved statistics that it did not use.
    unused = re.compile(r".*\.(running_mean|running_var|num_batches_tracked)")
    # Dropout before the second convolution of a block moves that from index 5 to 6.
    dropout = re.compile(r"(model\.\d+\.conv_block)\.6\.")
    return {
        dropout.sub(r"\1.5.", name): value
        for name, value in plain.items()
        if not unused.fullmatch(name)
    }


def _check_fit(
    state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], architecture: str
) -> None:
    looks_like = recognise(state)
    if looks_like != architecture:
        raise ModelError(_mistaken(looks_like, architecture))
    missing = sorted(wanted.keys() - state.keys())
    if missing:
        raise ModelError(
            f"{len(missing)} of {len(wanted)} weights of {architecture} are missing, the first is "
            f"{missing[0]}; the file is incomplete, save it again"
        )
    unknown = sorted(state.keys() - wanted.keys())
    if unknown:
        raise ModelError(
            f"the file has weights that have no place in {architecture} ({len(unknown)}, the first "
            f"is {unknown[0][:80]!r}); it comes from another network, which is not read here"
        )
    for name, value in state.items():
        _check_weight(name, value, wanted[name])


def _mistaken(looks_like: str | None, architecture: str) -> str:
    if looks_like in GENERATORS:
        return f"the weights look like {looks_like}, not like {architecture}; choose {looks_like}"
    return (
        f"the weights look like {looks_like or 'no network known here'}, not like {architecture}; "
        f"what can be imported is {', '.join(GENERATORS)}"
    )


def _check_weight(name: str, met: Tensor, wanted: Tensor) -> None:
    if met.shape != wanted.shape:
        raise ModelError(
            f"the weights {name} have the shape {tuple(met.shape)}, wanted {tuple(wanted.shape)}; "
            "only networks from 3 to 3 channels and of the standard width are read"
        )
    if not torch.isfinite(met).all():
        raise ModelError(
            f"the weights {name} hold values that are no numbers; the training diverged"
        )
