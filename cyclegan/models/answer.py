"""What a network makes of a small made image, to check it before it is kept and ever after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cyclegan.engines.engine import Batch
from cyclegan.engines.tensors import to_tensor
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.images.picture import Picture
from cyclegan.inputs import INPUTS
from cyclegan.models.example import example_image
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics, set_statistics


@dataclass(frozen=True)
class Example:
    """The made image and the answer to it."""

    image: Pixels
    """(size, size, 3)"""
    seen: Pixels
    """What the network sees of it."""
    answer: NDArray[np.float32]
    """(size, size, 3) float32, 0..255, not clipped."""

    @property
    def pixels(self) -> Pixels:
        """The answer as a picture, (size, size, 3)."""
        picture: Pixels = self.answer.round().clip(0, 255).astype(np.uint8)
        return picture


def example(
    network: Generator, statistics: Statistics | None, *, size: int, view: str = "rgb"
) -> Example:
    """The made image of a size, seen through a key of `INPUTS`, and the answer of a network to it.

    Raises ModelError when the answer is not finite.
    """
    image = example_image(size)
    seen = INPUTS[view](Picture(image))(image)
    made = answer(network, seen[None], statistics)[0]
    if not np.isfinite(made).all():
        raise ModelError("the generator's answer is not finite; its weights are too large")
    return Example(image, seen, made)


def answer(network: Generator, batch: Batch, statistics: Statistics | None) -> NDArray[np.float32]:
    """(n, height, width, 3) float32, 0..255, not clipped: what a network on the CPU makes of it.

    The batch is what the network sees, in sizes that it takes; `statistics` None are those of each
    image.
    """
    set_statistics(network, statistics)
    with torch.inference_mode():
        outputs = network.eval()(to_tensor(batch, torch.device("cpu")))
    set_statistics(network, None)
    grey: NDArray[np.float32] = (outputs * 127.5 + 127.5).permute(0, 2, 3, 1).numpy()
    return grey
