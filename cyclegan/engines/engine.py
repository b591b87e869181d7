"""What translates images: the protocol that every engine follows.

An engine is a loaded model. Preparing it for an image gives the translation of that image, which is
of one of two kinds: patch by patch, or strip by strip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cyclegan.errors import Cancelled
from cyclegan.images.image import Pixels, Reader

if TYPE_CHECKING:  # pages load engines' protocol, and shall not load SciPy
    from cyclegan.tissue import TissueMask

Batch = NDArray[np.uint8]
"""(n, height, width, 3) uint8, RGB, 0..255."""

Stats = Literal["exact", "sampled", "model", "tile"]
"""Where norm layers take their statistics: from the whole image, from a sample of its patches, from
the model's package, or from each patch by itself."""


@dataclass(frozen=True)
class Room:
    """What preparing an image may use."""

    scratch: Path
    """A folder for scratch files."""
    scratch_bytes: int | None = None
    """How much may lie there at once; None: half of what is free."""
    resume: Path | None = None
    """A folder for one image, which outlives this process, to go on from after a kill."""
    tissue: TissueMask | None = None
    """Where the image holds tissue, if somebody has looked for it already."""


@dataclass(frozen=True)
class Watch:
    """Whom a long computation tells how far it is, and asks whether to go on."""

    on_progress: Callable[[float], None] = lambda _: None
    """Told the part of the image's whole work that is done, 0..1."""
    cancelled: Callable[[], bool] = lambda: False

    def check(self) -> None:
        """Raise Cancelled when the computation shall end."""
        if self.cancelled():
            raise Cancelled("The translation was stopped.")


@runtime_checkable
class Patchwise(Protocol):
    """Translates the patches of one image, each by itself."""

    @property
    def halo(self) -> int:
        """Pixels of surroundings that it wants around the part of a patch that is kept."""

    @property
    def multiple(self) -> int:
        """Height and width of a patch, and where it begins, must be multiples of this."""

    @property
    def smallest(self) -> int:
        """Height and width of a patch must be at least this, in px."""

    @property
    def tile(self) -> int:
        """Height and width of a patch with its halo that suit the model and the device, in px."""

    @property
    def batch(self) -> int:
        """How many patches are best handed over at once on this engine's device."""

    @property
    def lanes(self) -> int:
        """From how many threads at once it is best called; it must not be from more."""

    @property
    def blend(self) -> str:
        """How its patches are put together: a key of `BLENDS`."""

    @property
    def done(self) -> float:
        """The part of the image's whole work that preparing was, 0..1."""

    def __call__(self, batch: Batch) -> Batch:
        """The translation of a batch, of the same shape; the argument is not changed."""

    def provenance(self) -> Mapping[str, object]:
        """What is used for the image, as plain JSON values, for the result's record."""

    def close(self) -> None:
        """Give back what is held; a second call does nothing."""


class Stripwise(Protocol):
    """Gives one image's translation in strips of whole rows."""

    @property
    def done(self) -> float:
        """The part of the image's whole work that preparing was, 0..1."""

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        """The rows from `top` on, (rows, width, 3) uint8, new arrays; a strip begins at `top`."""

    def provenance(self) -> Mapping[str, object]:
        """What is used for the image, as plain JSON values, for the result's record."""

    def close(self) -> None:
        """Give back what is held; a second call does nothing."""


Prepared = Patchwise | Stripwise


class Engine(Protocol):
    """A loaded model."""

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Prepared:
        """The translation of one image, for which whatever its parts share is taken from it.

        Raises Cancelled when the watch says so.
        """
