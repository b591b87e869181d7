"""The one place where pixels become tensors and back."""

from __future__ import annotations

import torch
from torch import Tensor

from cyclegan.engines.engine import Batch

NOT_FINITE = "the model's output is not finite; its weights are damaged"
"""What is wrong where outputs cannot become pixels."""


def to_tensor(batch: Batch, device: torch.device) -> Tensor:
    """(n, height, width, 3) uint8 as (n, 3, height, width) float32 in -1..1, channels last."""
    return in_range(torch.tensor(batch, device=device))


def in_range(pixels: Tensor) -> Tensor:
    """The same of a tensor, on its own device."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pixels(outputs: Tensor) -> Batch:
    """(n, 3, height, width) float32 in -1..1 as (n, height, width, 3) uint8, rounded."""
    pixels: Batch = rounded(outputs).cpu().numpy()
    return pixels


def rounded(outputs: Tensor) -> Tensor:
    """The same as a tensor, on its own device."""
    grey = ((outputs + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return grey.permute(0, 2, 3, 1).contiguous()
