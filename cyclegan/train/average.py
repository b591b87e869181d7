"""The running average of a network's weights, which is steadier than they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """An exponential average of the parameters of a network, which it does not change.

    Of `decay` 0.999 the last thousand steps or so count. Early on there are not so many: then about
    the last tenth counts, so that the average soon forgets the random start.
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self._decay = decay
        self._updates = 0
        self._weights = {
            name: weight.detach().clone() for name, weight in network.named_parameters()
        }

    def update(self, network: nn.Module) -> None:
        """Take in the parameters after a step of training."""
        self._updates += 1
        decay = min(self._decay, self._updates / (self._updates + 9))
        with torch.no_grad():
            for name, weight in network.named_parameters():
                self._weights[name].lerp_(weight, 1 - decay)

    def copy_to(self, network: nn.Module) -> None:
        """Give a network of the same architecture the averaged parameters."""
        with torch.no_grad():
            for name, weight in network.named_parameters():
                weight.copy_(self._weights[name])

    def state_dict(self) -> dict[str, Any]:
        """All that later averages depend on."""
        return {"updates": self._updates, "weights": dict(self._weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on as the average would have whose state it is."""
        self._updates = state["updates"]
        weights: Mapping[str, Tensor] = state["weights"]
        for name, value in self._weights.items():
            value.copy_(weights[name])
