"""Adam with what belongs to a step: precision, several batches, and the falling learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from cyclegan.train.schedule import SCHEDULES
from cyclegan.train.settings import TrainSettings

PRECISIONS = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


class Optimiser:
    """Changes the weights of some networks by the gradients of one loss."""

    def __init__(
        self, networks: Sequence[nn.Module], settings: TrainSettings, device: torch.device
    ) -> None:
        self._settings = settings
        weights = [weight for network in networks for weight in network.parameters()]
        self._adam = torch.optim.Adam(weights, settings.learning_rate, settings.betas, fused=True)
        # Gradients of half precision would vanish without; others need no scale.
        self._scaler = GradScaler(
            device.type, enabled=settings.precision == "float16", init_scale=2.0**12
        )

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss to those that wait."""
        self._scaler.scale(loss / self._settings.accumulate).backward()  # type: ignore[no-untyped-call]

    def step(self, step: int) -> None:
        """Change the weights as the `step`-th step does, and forget the gradients."""
        factor = SCHEDULES[self._settings.schedule](
            step,
            constant=self._settings.epochs * self._settings.epoch_steps,
            decay=self._settings.epochs_decay * self._settings.epoch_steps,
        )
        factor *= min(1.0, (step + 1) / (self._settings.warm_up + 1))
        for group in self._adam.param_groups:
            group["lr"] = self._settings.learning_rate * factor
        self._scaler.step(self._adam)
        self._scaler.update()
        self._adam.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """All that the next step depends on."""
        return {"adam": self._adam.state_dict(), "scaler": self._scaler.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on as the optimiser would have whose state it is."""
        self._adam.load_state_dict(state["adam"])
        self._scaler.load_state_dict(state["scaler"])


def precision(settings: TrainSettings, device: torch.device) -> torch.autocast:
    """A context in which networks compute in the precision of the settings."""
    kind = PRECISIONS[settings.precision]
    return torch.autocast(device.type, kind, enabled=kind != torch.float32)
