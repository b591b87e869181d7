"""Named tensors out of the bytes of a torch file or of safetensors, never running code in them."""

from __future__ import annotations

import io
import pickle
import re
import struct
import warnings
from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors
from torch import Tensor

from cyclegan.errors import ModelError
from cyclegan.models.packed import require_intact, require_unpacked

# What torch raises on bytes that are cut short, changed or no torch file at all, found by doing so
# to real files at random; which one it is depends on where the damage lies.
_DAMAGE = (
    pickle.UnpicklingError,
    struct.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    OverflowError,
    MemoryError,
)

_FOREIGN = (SafetensorError, KeyError, ValueError, RuntimeError, OverflowError, MemoryError)
"""The same of safetensors; a type of numbers that torch lacks is a KeyError."""


def read_tensors(data: bytes) -> dict[str, Tensor]:
    """The named tensors of a file written by `torch.save`, in the zip or the pre-1.6 format.

    All are dense, of a floating type and on the CPU; their values are not looked at. Raises
    ModelError that names the cause: code or other objects in the file, damage, or no tensors.
    """
    content = _unpickle(data)
    if not isinstance(content, Mapping) or not content:
        raise ModelError(
            f"the file holds no named weights but {type(content).__name__}; wanted the state dict "
            "that training saves as latest_net_G_A.pth"
        )
    return {_name(name): _tensor(name, value) for name, value in content.items()}


def read_safetensors(data: bytes) -> dict[str, Tensor]:
    """The named tensors of a safetensors file, of a floating type and on the CPU.

    Raises ModelError when it is damaged or something else.
    """
    try:
        content = from_safetensors(data)
    except _FOREIGN as error:
        raise ModelError(
            "the file is cut short, damaged or no safetensors; fetch it again"
        ) from error
    return {name: _tensor(name, value) for name, value in content.items()}


def _unpickle(data: bytes) -> object:
    try:
        require_unpacked(data)
    except ValueError as error:
        raise ModelError(
            f"the file {error} when it is opened; wanted what torch.save made"
        ) from error
    try:
        with warnings.catch_warnings():
            # Torch warns of unusual pickle versions before it refuses them.
            warnings.simplefilter("ignore")
            require_intact(data)
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        # A torch file may name Python objects to be made on opening; none but tensors are.
        code = re.search(r"GLOBAL ([\w.]+)", str(error))
        if code is None:
            raise ModelError(
                "the file is cut short, damaged or not written by torch; fetch it again"
            ) from error
        raise ModelError(
            f"the file wants to run Python code when it is opened ({code[1][:80]}), which is "
            "refused; wanted weights alone: torch.save(network.state_dict(), file)"
        ) from error


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ModelError(f"the file holds weights named by {type(name).__name__}; wanted text")
    return name


def _tensor(name: object, value: object) -> Tensor:
    if not isinstance(value, Tensor):
        raise ModelError(
            f"the file holds {type(value).__name__} under {str(name)[:80]!r} where weights were "
            "expected; wanted the state dict of the generator alone"
        )
    # `num_batches_tracked` of old normalisation layers counts in whole numbers.
    is_number = value.is_floating_point() or value.dtype == torch.int64
    if value.layout != torch.strided or value.device.type != "cpu" or not is_number:
        raise ModelError(
            f"the weights {str(name)[:80]!r} are {value.dtype}, {value.layout} on {value.device}; "
            "wanted dense floating-point numbers"
        )
    return value
