"""MONAI's sliding window: what people use today for images that do not fit into the network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import torch
from monai.inferers.inferer import SlidingWindowInferer
from torch import Tensor, nn

from benchmarks.rivals.png import read_png, write_png
from benchmarks.rivals.rival import Inference
from cyclegan.engines.tensors import to_pixels, to_tensor


class MonaiWindow:
    """Windows of 512 px, weighted by a Gaussian, all in memory; the network is plain torch.

    One window at a time: more slow a processor down.
    """

    def __init__(
        self, network: nn.Module, *, device: str = "cpu", overlap: float = 0.5, window: int = 512
    ) -> None:
        self._network = network
        self._device = torch.device(device)
        self._inferer = SlidingWindowInferer(
            roi_size=window, sw_batch_size=1, overlap=overlap, mode="gaussian"
        )

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:  # noqa: ARG002
        """Hand the whole image to MONAI; see Rival."""
        image = read_png(source)
        pixels = 0

        def counted(windows: Tensor) -> Tensor:
            nonlocal pixels
            pixels += windows.shape[0] * windows.shape[2] * windows.shape[3]
            answer: Tensor = self._network(windows)
            return answer

        began = time.perf_counter()
        with torch.inference_mode():
            inputs = to_tensor(image[None], self._device).contiguous()
            outputs = cast("Tensor", self._inferer(inputs, counted))
            (answer,) = to_pixels(outputs)
        seconds = time.perf_counter() - began
        write_png(result, answer)
        return Inference(seconds, pixels)
