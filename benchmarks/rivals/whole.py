"""The whole image through the network at once: the measure of the others, where it fits."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn

from benchmarks.rivals.png import read_png, write_png
from benchmarks.rivals.rival import Inference
from cyclegan.engines.tensors import to_pixels, to_tensor

BYTES_PER_PIXEL = 1600
"""What plain torch holds at once for GANILLA in float32 (measured: about 1.5 GiB per megapixel)."""
MULTIPLE = 16


class Whole:
    """Translates images whose sides are multiples of 16 px, as long as memory lasts."""

    def __init__(self, network: nn.Module, *, device: str = "cpu") -> None:
        self._network = network
        self._device = torch.device(device)

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:  # noqa: ARG002
        """One forward; see Rival."""
        image = read_png(source)
        height, width = image.shape[:2]
        if height % MULTIPLE or width % MULTIPLE:
            raise ValueError(f"{height} x {width} px: give sides that are multiples of {MULTIPLE}")
        began = time.perf_counter()
        with torch.inference_mode():
            inputs = to_tensor(image[None], self._device).contiguous()
            (answer,) = to_pixels(self._network(inputs))
        seconds = time.perf_counter() - began
        write_png(result, answer)
        return Inference(seconds, height * width)
