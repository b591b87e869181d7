"""A folded network run by OpenVINO on a CPU, where it is about twice as fast as torch.

Measured by `benchmarks/runtimes.py`; both compute in float32 and agree within rounding.
"""

from __future__ import annotations

import warnings
from typing import cast

import numpy as np
import openvino
import torch
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

from cyclegan.engines.engine import Batch
from cyclegan.engines.tensors import NOT_FINITE, to_pixels, to_tensor
from cyclegan.errors import ModelError
from cyclegan.networks.folded import FoldedNetwork

TRACED_SIZE = 64
"""px on each side of the image that the network is traced with; the graph holds for all sizes."""


class OpenVino:
    """Runs a folded network on the CPU, with as many threads as torch has.

    It is compiled anew for each size of image, which takes about half a second; the last is kept.
    """

    name = "openvino"
    precision = "float32"
    lanes = 1
    devices = 1

    def __init__(self, network: FoldedNetwork) -> None:
        self.multiple = network.multiple
        self.smallest = network.smallest
        self._graph = _graph(network)
        self._threads = torch.get_num_threads()
        self._request: openvino.InferRequest | None = None
        self._size: tuple[int, int] | None = None

    def __call__(self, batch: Batch) -> Batch:
        """The translation of the batch; raises ModelError when a value is not finite."""
        request = self._compiled((batch.shape[1], batch.shape[2]))
        images = to_tensor(batch, torch.device("cpu")).contiguous()
        # Patches one by one are faster on a CPU than several at once (measured).
        made = np.concatenate([request.infer([image.numpy()])[0] for image in images[:, None]])
        if not np.isfinite(made).all():
            raise ModelError(NOT_FINITE)
        return to_pixels(torch.from_numpy(made))

    def close(self) -> None:
        """Give back the memory of maps; another call takes it again."""
        self._request, self._size = None, None

    def _compiled(self, size: tuple[int, int]) -> openvino.InferRequest:
        if self._request is None or self._size != size:
            self.close()
            self._graph.reshape([1, 3, *size])
            compiled = openvino.Core().compile_model(
                self._graph,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": "f32",  # by default bfloat16 where there is such
                    "EXECUTION_MODE_HINT": "ACCURACY",
                    "INFERENCE_NUM_THREADS": self._threads,
                    "NUM_STREAMS": 1,
                    # Two processes would be bound to the same cores.
                    "ENABLE_CPU_PINNING": False,
                },
            )
            self._request, self._size = compiled.create_infer_request(), size
        return self._request


def _graph(network: FoldedNetwork) -> openvino.Model:
    side = max(TRACED_SIZE, 2 * network.smallest)
    with warnings.catch_warnings(), torch.inference_mode():
        # The numbers that tracing takes for constants hold for all sizes.
        # And torch calls its tracer deprecated, but what takes its place fixes the size.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            network.eval(), torch.zeros(1, 3, side, side), check_trace=False
        )
    # Not openvino.convert_model, which starts threads that report usage over the network, and takes
    # ten times as long.
    frontend = FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(traced)  # the frontend does not hold it, but asks it
    return cast("openvino.Model", frontend.convert(frontend.load(decoder)))
