"""The weights that a network begins its training with."""

from __future__ import annotations

import torch
from torch import nn

DEVIATION = 0.02
"""Of the weights, as in the public CycleGAN (and DCGAN before it)."""


def initialise(network: nn.Module, chance: torch.Generator) -> None:
    """Draw all weights of convolutions from a normal distribution around 0; biases become 0.

    The network is on the device of `chance`, which all that is random comes from.
    """
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                module.weight.normal_(0, DEVIATION, generator=chance)
                if module.bias is not None:
                    module.bias.zero_()
