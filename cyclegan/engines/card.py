"""Work on a card: copies that nobody waits for, and work of one shape replayed as a CUDA graph.

All of one `Card` happens on a stream of its own in the order in which it is handed over: a patch is
copied to the card, worked on, and copied back. Nothing on the card is used by another stream but
the weights, which outlive it, so that memory needs no marking. What several cards, or several
`Card`s of one, are given runs side by side.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import torch
from torch import Tensor

from cyclegan.engines.engine import Batch

log = logging.getLogger(__name__)

TURN = Lock()
"""Held while work is handed to any card, not while it runs. Nothing else of a process may be handed
over while a graph is captured; and which algorithms torch may take is said for all threads."""

Work = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(n, height, width, 3) uint8 on the card to the same and a truth, (), by operations that do not
depend on the values and do not wait for the card."""


class Places:
    """Memory for patches of one shape on their way, and the graph of what is done with them."""

    def __init__(self, shape: tuple[int, ...], device: torch.device) -> None:
        self.shape = shape
        # Copies from and to other memory than this would be waited for.
        self.given = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self.made = torch.empty(shape, dtype=torch.uint8, pin_memory=True)
        self.truth = torch.empty((), dtype=torch.bool, pin_memory=True)
        self.on_card = torch.empty(shape, dtype=torch.uint8, device=device)
        self.uses = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.outputs: tuple[Tensor, Tensor] | None = None
        """What the graph writes to, each time."""


class Card:
    """Does some work on a card, from one thread at a time.

    The operations for the first two patches of a shape are handed over one by one, those for all
    that follow as one graph.
    """

    def __init__(self, work: Work, device: torch.device) -> None:
        self._work = work
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        # The weights are still on their way, on the stream of whoever makes this.
        self._stream.wait_stream(torch.cuda.current_stream(device))
        self._places: Places | None = None

    def __call__(self, batch: Batch) -> tuple[Batch, bool]:
        """What the work makes of the batch, a new array, and the truth about it."""
        places = self._places_for(batch.shape)
        places.given.numpy()[...] = batch
        with self._turn():
            places.on_card.copy_(places.given, non_blocking=True)
            made, truth = self._made(places)
            places.made.copy_(made, non_blocking=True)
            places.truth.copy_(truth, non_blocking=True)
            ended = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            ended.record(self._stream)
            places.uses += 1
            if places.uses == 2:
                self._capture(places)
        ended.synchronize()
        return places.made.numpy().copy(), bool(places.truth)

    def close(self) -> None:
        """Give back all memory on the card but the weights'; another call takes it again."""
        with TURN:
            self._places = None
            torch.cuda.empty_cache()

    def _places_for(self, shape: tuple[int, ...]) -> Places:
        if self._places is None or self._places.shape != shape:
            with self._turn():
                self._places = None
                self._places = Places(shape, self._device)
        return self._places

    def _made(self, places: Places) -> tuple[Tensor, Tensor]:
        if places.graph is None or places.outputs is None:
            return self._work(places.on_card)
        places.graph.replay()
        return places.outputs

    def _capture(self, places: Places) -> None:
        """Have the graph of the work, which this thread has done just now.

        So all that the work loads when it is first done is there, as it must be for a capture.
        """
        graph = torch.cuda.CUDAGraph()
        try:
            # Other threads may wait for their patches meanwhile, which the mode allows.
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                outputs = self._work(places.on_card)
        except RuntimeError as error:
            log.warning("going on without a graph for patches of %s: %s", places.shape, error)
        else:
            places.graph, places.outputs = graph, outputs

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """In the block operations go to the stream, by algorithms that always give the same."""
        # Not TF32, whose mantissa is that of float16.
        exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
        with TURN, torch.cuda.stream(self._stream), torch.inference_mode(), exact:
            yield
