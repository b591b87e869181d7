"""The colours that a model knows: those that made up nearly all of what it was trained on.

A colour is here what a picture has in a place of about 1 µm, together with what the network sees
there. A view that is fitted on each image makes all images look alike to the network; only the two
together tell whether an image was taken apart in a way that training has met. Both are divided into
boxes, and those are known that hold 99 % of all places in training, the fullest first. Measured on
simulated rigs and on real pictures of several microscopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cyclegan.images.image import Pixels
from cyclegan.inputs.view import View

Flags = NDArray[np.bool_]

IMAGE_STEPS = 8
"""Boxes along each channel of the image: of like width for the square root, as light is."""
SEEN_STEPS = 6
"""Boxes along each plane that the network sees."""
BOXES = IMAGE_STEPS**3 * SEEN_STEPS**3
KNOWN = 0.99
"""The part of training that is known."""
NEAR = (0.25, 0.5, 0.25)
"""What is met counts for the neighbouring boxes, too: rigs of training are a sample."""

_IMAGE_BOX = (np.sqrt(np.arange(256) / 256) * IMAGE_STEPS).astype(np.int32)
_SEEN_BOX = (np.arange(256) * SEEN_STEPS // 256).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Familiar:
    """Which boxes of colours are known, (BOXES,)."""

    known: Flags

    def strange(self, pixels: Pixels, view: View) -> Flags:
        """Which places of an image have colours that are not known, (height, width).

        `pixels` are means over about 1 µm, (height, width, 3); `view` is fitted on their image.
        """
        return ~self.known[boxes(pixels, view(pixels))]

    def packed(self) -> NDArray[np.uint8]:
        """The same in bits, to be kept in a file."""
        return np.packbits(self.known)

    @classmethod
    def unpacked(cls, bits: NDArray[np.uint8]) -> Self:
        """The opposite; raises ValueError when there are too many bits or too few."""
        if bits.dtype != np.uint8 or bits.shape != (BOXES // 8,):
            raise ValueError(f"has {bits.dtype} {bits.shape}, wanted uint8 ({BOXES // 8},)")
        return cls(np.unpackbits(bits).astype(bool))


class Encounters:
    """Counts what colours are met in training."""

    def __init__(self) -> None:
        self._counts = np.zeros(BOXES, np.int64)

    def add(self, pixels: Pixels, seen: Pixels) -> None:
        """Count a picture, as means over about 1 µm, and what the network sees of it."""
        self._counts += np.bincount(boxes(pixels, seen).ravel(), minlength=BOXES)

    def familiar(self) -> Familiar:
        """What is known after all of them."""
        near = self._counts.reshape((IMAGE_STEPS,) * 3 + (SEEN_STEPS,) * 3).astype(np.float32)
        for axis in range(near.ndim):
            near = ndimage.convolve1d(near, NEAR, axis=axis, mode="nearest")
        fullest = np.argsort(-near.ravel(), kind="stable")
        before = np.cumsum(self._counts[fullest]) - self._counts[fullest]
        known = np.zeros(BOXES, bool)
        known[fullest] = (before < KNOWN * self._counts.sum()) & (near.ravel()[fullest] > 0)
        return Familiar(known)


def boxes(pixels: Pixels, seen: Pixels) -> NDArray[np.int32]:
    """The number of the box of each place, (height, width), of two pictures of the same size."""
    number = np.zeros(pixels.shape[:-1], np.int32)
    for picture, box, steps in ((pixels, _IMAGE_BOX, IMAGE_STEPS), (seen, _SEEN_BOX, SEEN_STEPS)):
        for channel in range(3):
            number *= steps
            number += box[picture[..., channel]]
    return number
