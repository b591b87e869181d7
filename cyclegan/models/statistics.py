"""The file of a package with the statistics of the norm layers: numpy's npz, never pickled.

For each norm layer of the generator, by its name in the network, there are two float32 arrays
(channels,): `<name>.mean` and `<name>.variance`, the biased one.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cyclegan.models.packed import read_arrays, write_arrays
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics


def to_bytes(statistics: Statistics) -> bytes:
    """The content of the file; tensors may be on any device."""
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, (mean, variance) in statistics.items():
        arrays[f"{name}.mean"] = _array(mean)
        arrays[f"{name}.variance"] = _array(variance)
    return write_arrays(arrays)


def from_bytes(data: bytes, network: Generator) -> Statistics:
    """The statistics in a file's content, on the CPU, if they are those of such a network.

    Raises ValueError whose message says the fault as the rest of "the file ...".
    """
    met, wanted = read_arrays(data), channels(network)
    names = {f"{name}.{kind}" for name in wanted for kind in ("mean", "variance")}
    if met.keys() != names:
        different = sorted(met.keys() ^ names)[0]
        state = "lacks" if different in names else "has something else:"
        raise ValueError(f"{state} {different[:80]}")
    for name, count in wanted.items():
        for kind in ("mean", "variance"):
            _check(f"{name}.{kind}", met[f"{name}.{kind}"], count)
        if met[f"{name}.variance"].min() < 0:
            raise ValueError(f"has a negative variance in {name}")
    tensors = {name: torch.from_numpy(values) for name, values in met.items()}
    return {name: (tensors[f"{name}.mean"], tensors[f"{name}.variance"]) for name in wanted}


def channels(network: Generator) -> dict[str, int]:
    """How many channels each norm layer of a network has, by its name, in the order of running."""
    return {
        step.name: step.conv.out_channels
        for step in network.steps()
        if step.norm is not None and step.conv is not None
    }


def _check(name: str, values: NDArray[np.float32], count: int) -> None:
    if values.dtype != np.float32 or values.shape != (count,):
        raise ValueError(
            f"has {values.dtype} {values.shape} for {name[:80]}, wanted float32 ({count},)"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"has values that are no numbers in {name}")


def _array(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().cpu().numpy().astype(np.float32)
    return array
