"""Which network a state dict belongs to, judged by the names of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor


def recognise(state: Mapping[str, Tensor]) -> str | None:
    """A key of `GENERATORS`, the name of a network that is not read here, or None.

    Only names and the number of dimensions are looked at, not whether the weights are complete.
    """
    if any(name.startswith("fpn.") for name in state):
        # The third level has 2 blocks in a ResNet-18 and 6 in a ResNet-34.
        return "ganilla" if _count(r"layer3\.(\d+)\.", state) <= 2 else "ganilla of depth 34"
    blocks = _count(r"model\.(\d+)\.conv_block\.", state)
    if blocks:
        return f"resnet_{blocks}blocks"
    if any(name.startswith("up.0.widen.") for name in state):
        return "unet"
    if any(name.startswith("model.model.") for name in state):
        return "the U-Net of pix2pix"
    if "model.0.weight" in state and state["model.0.weight"].shape[-2:] == (4, 4):
        return "a PatchGAN discriminator"
    return None


def _count(pattern: str, state: Mapping[str, Tensor]) -> int:
    matches = (re.match(pattern, name) for name in state)
    return len({match[1] for match in matches if match})
