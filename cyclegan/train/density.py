"""Optical density and stains of tensors, as `cyclegan.stains` has them of arrays: with gradients.

Images are (n, 3, height, width) float32, RGB in -1..1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cyclegan.stains import stain_matrix


def optical_density(images: Tensor) -> Tensor:
    """The decadic optical density, of the same shape: 0 for white, 2.41 for black."""
    return -torch.log10(((images.clamp(-1, 1) + 1) * 127.5 + 1) / 256)


def haematoxylin(images: Tensor) -> Tensor:
    """The concentration of haematoxylin, (n, 1, height, width), in units of optical density.

    It is about 0.3 to 1 in nuclei and can be negative.
    """
    return _stain(images, 0)


def eosin(images: Tensor) -> Tensor:
    """The same of eosin: about 0.1 to 0.5 in cytoplasm and fibres, above 0.7 in red cells."""
    return _stain(images, 1)


def _stain(images: Tensor, which: int) -> Tensor:
    shares = np.linalg.inv(stain_matrix())[:, which]
    density = optical_density(images)
    weighted = [density[:, channel] * float(share) for channel, share in enumerate(shares)]
    return torch.stack(weighted).sum(0)[:, None]
