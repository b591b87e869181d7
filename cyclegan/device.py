"""Which device the networks run on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch

from cyclegan.errors import ModelError

DeviceName = Literal["auto", "cpu", "cuda"]

LANES = {"cpu": 1, "cuda": 2}
"""Patches that a device is given at once: a card copies one while it computes another; on a CPU one
keeps all cores busy."""


def choose_device(wanted: DeviceName = "auto") -> torch.device:
    """The device asked for; `auto` takes the CUDA card when there is one.

    Raises ModelError when `cuda` is asked for and no card can be used.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if wanted == "cuda":
        raise ModelError(
            "the device cuda was asked for, but no NVIDIA card can be used here; "
            "choose cpu or auto, or check the driver with nvidia-smi"
        )
    return torch.device("cpu")


def alike(device: torch.device) -> list[torch.device]:
    """The device and, unless it is a card with a number, all other cards of its kind."""
    if device != torch.device("cuda"):
        return [device]
    names = [torch.cuda.get_device_name(card) for card in range(torch.cuda.device_count())]
    cards = same_kind(names, torch.cuda.current_device())
    return [torch.device("cuda", card) for card in cards]


def same_kind(names: Sequence[str], first: int) -> list[int]:
    """The places of all names that are like that in the place `first`, which comes first.

    Two kinds of cards would round differently, and the slower would be waited for.
    """
    others = (place for place in range(len(names)) if place != first)
    return [first, *(place for place in others if names[place] == names[first])]
