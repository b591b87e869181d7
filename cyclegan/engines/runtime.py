"""What runs a folded network on a device: the protocol."""

from __future__ import annotations

from typing import Protocol

from cyclegan.engines.engine import Batch


class Runtime(Protocol):
    """A folded network on one device or several."""

    name: str
    multiple: int
    smallest: int
    lanes: int
    """From how many threads it may be called at once."""
    devices: int
    """On how many devices it computes."""

    @property
    def precision(self) -> str:
        """In which numbers it computes."""

    def __call__(self, batch: Batch) -> Batch:
        """The translation of a batch, a new array of the same shape.

        Height and width are multiples of `multiple` and at least `smallest`. Raises ModelError when
        a value is not finite.
        """

    def close(self) -> None:
        """Give back the memory of maps where no call is under way; another call takes it again."""
