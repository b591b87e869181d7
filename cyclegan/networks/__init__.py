"""Pure torch modules: tensors in, tensors out; nothing of files, devices or numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import nn

from cyclegan.networks.ganilla import Ganilla
from cyclegan.networks.patchgan import PatchGan
from cyclegan.networks.resnet import Resnet
from cyclegan.networks.unet import Unet

Generator = Ganilla | Resnet | Unet


class Architecture(Protocol):
    """What makes a generator with random weights."""

    def __call__(self, width: int = 64) -> Generator:
        """One whose first layer has so many channels; the public networks have 64."""


GENERATORS: dict[str, Architecture] = {
    "ganilla": Ganilla,
    "resnet_9blocks": Resnet,
    "unet": Unet,
}
DISCRIMINATORS: dict[str, Callable[[], nn.Module]] = {
    "patchgan": PatchGan,
}
