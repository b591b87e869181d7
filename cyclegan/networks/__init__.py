"""Pure torch modules: tensors in, tensors out; nothing of files, devices or numpy."""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.networks.ganilla import Ganilla
from cyclegan.networks.resnet import Resnet

Generator = Ganilla | Resnet

GENERATORS: dict[str, Callable[[], Generator]] = {
    "ganilla": Ganilla,
    "resnet_9blocks": Resnet,
}
