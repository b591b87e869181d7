"""Crops as the tensors that batches are made of."""

from __future__ import annotations

import torch
from torch import Tensor

from cyclegan.engines.tensors import to_tensor
from cyclegan.images.image import Pixels


def as_tensor(pixels: Pixels) -> Tensor:
    """(height, width, 3) uint8 as (3, height, width) float32 in -1..1, on the CPU."""
    return to_tensor(pixels[None], torch.device("cpu"))[0]
