"""The scheme of 2020, written anew: patches go from stage to stage as PNG files.

    image -> patches of 512 px at a step of 256 -> files -> batches of 13, each patch with its own
    statistics -> files -> averaged where they overlap -> image

Its truncations and its fixed sizes are left out: it is as good here as the scheme can be.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.rivals.png import read_png, write_png
from benchmarks.rivals.rival import Inference
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.images.image import Pixels

BATCH = 13
PILLOW_LEVEL = 6
"""Of compression: what Pillow does when it is not told."""

Place = tuple[int, int]
"""(y, x) of a patch's top-left corner in px."""


class Scheme2020:
    """Translates images whose sides are 512 px and a multiple of 256 px more."""

    def __init__(
        self, network: nn.Module, *, device: str = "cpu", window: int = 512, step: int = 256
    ) -> None:
        self._network = network
        self._device = torch.device(device)
        self._window = window
        self._step = step

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:
        """Go through the three stages; see Rival."""
        places, shape = self._cut(source, scratch)
        seconds = sum(self._infer(group, scratch) for group in _groups(places))
        write_png(result, self._average(places, shape, scratch), level=PILLOW_LEVEL)
        return Inference(seconds, len(places) * self._window**2)

    def _cut(self, source: Path, scratch: Path) -> tuple[list[Place], tuple[int, ...]]:
        image = read_png(source)
        for side in image.shape[:2]:
            if side < self._window or (side - self._window) % self._step:
                raise ValueError(
                    f"the 2020 scheme takes sides of {self._window} px and a multiple of "
                    f"{self._step} px more, not {side} px"
                )
        last = (side - self._window + 1 for side in image.shape[:2])
        ys, xs = (range(0, stop, self._step) for stop in last)
        places = [(y, x) for y in ys for x in xs]
        for place in places:
            y, x = place
            patch = image[y : y + self._window, x : x + self._window]
            write_png(_file(scratch, "in", place), patch, level=PILLOW_LEVEL)
        return places, image.shape

    def _infer(self, places: list[Place], scratch: Path) -> float:
        """Translate some patches from files to files; seconds in the network."""
        batch = np.stack([read_png(_file(scratch, "in", place)) for place in places])
        began = time.perf_counter()
        with torch.inference_mode():
            inputs = to_tensor(batch, self._device).contiguous()
            answers = to_pixels(self._network(inputs))
        seconds = time.perf_counter() - began
        for place, answer in zip(places, answers, strict=True):
            write_png(_file(scratch, "out", place), answer, level=PILLOW_LEVEL)
        return seconds

    def _average(self, places: list[Place], shape: tuple[int, ...], scratch: Path) -> Pixels:
        total = np.zeros(shape, np.float32)
        count = np.zeros((*shape[:2], 1), np.float32)
        for place in places:
            part = tuple(slice(start, start + self._window) for start in place)
            total[part] += read_png(_file(scratch, "out", place))
            count[part] += 1
        answer: Pixels = np.rint(total / count).astype(np.uint8)
        return answer


def _groups(places: list[Place]) -> Iterator[list[Place]]:
    return (places[start : start + BATCH] for start in range(0, len(places), BATCH))


def _file(scratch: Path, stage: str, place: Place) -> Path:
    return scratch / f"{stage}-{place[0]}-{place[1]}.png"
