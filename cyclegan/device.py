"""Which device the networks run on."""

from __future__ import annotations

from typing import Literal

import torch

from cyclegan.errors import ModelError

DeviceName = Literal["auto", "cpu", "cuda"]


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
