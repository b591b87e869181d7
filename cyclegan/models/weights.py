"""The weights of a package as files: safetensors for this program, a torch file for other tools.

Both have the same numbers. The Model Zoo knows no safetensors; a torch file could hold code.
"""

from __future__ import annotations

import io
import logging
from copy import deepcopy
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor

from cyclegan.errors import ModelError
from cyclegan.models.answer import Example, example
from cyclegan.models.card import TORCH_WEIGHTS, WEIGHTS
from cyclegan.models.tensors import read_safetensors, read_tensors
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics

log = logging.getLogger(__name__)

Precision = Literal["float32", "float16"]

LARGEST_CHANGE = 1
"""Grey levels of a pixel of the example that half precision may cost."""


def write_weights(folder: Path, network: Generator, precision: Precision) -> bytes:
    """Write both files; returns the content of that which this program reads."""
    content = to_content(network, precision)
    (folder / WEIGHTS).write_bytes(content)
    buffer = io.BytesIO()
    torch.save(_state(network, precision), buffer)
    (folder / TORCH_WEIGHTS).write_bytes(buffer.getvalue())
    return content


def to_content(network: Generator, precision: Precision) -> bytes:
    """The weights as safetensors."""
    return to_safetensors(_state(network, precision))


def read_weights(file: str, data: bytes) -> dict[str, Tensor]:
    """The named tensors in the content of one of the two files, on the CPU.

    Raises ModelError as `read_tensors` and `read_safetensors` do.
    """
    return read_safetensors(data) if file == WEIGHTS else read_tensors(data)


def halved(
    network: Generator, statistics: Statistics | None, *, size: int, view: str
) -> Generator | None:
    """A copy whose weights float16 can hold, or None if this changes a pixel of the example much.

    `size` and `view` are those of the example.
    """
    half = deepcopy(network)
    half.load_state_dict({name: value.half() for name, value in network.state_dict().items()})
    exact = example(network, statistics, size=size, view=view)
    try:
        change = _difference(example(half, statistics, size=size, view=view), exact)
    except ModelError:  # a weight was too large for float16
        log.warning("half precision overflows in this model; its weights are kept in float32")
        return None
    if change > LARGEST_CHANGE:
        log.warning("half precision changes pixels by up to %d; weights stay in float32", change)
        return None
    return half


def _state(network: Generator, precision: Precision) -> dict[str, Tensor]:
    kind = getattr(torch, precision)
    return {name: value.to(kind).contiguous() for name, value in network.state_dict().items()}


def _difference(met: Example, wanted: Example) -> int:
    """The largest between two answers, in grey levels."""
    return int(np.abs(met.pixels.astype(int) - wanted.pixels).max())
