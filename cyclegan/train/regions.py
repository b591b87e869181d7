"""Random crops of image files at one spacing, each a function of the seed and its number alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator

from cyclegan.errors import ImageError, SettingsError, TrainingError
from cyclegan.images.image import Pixels, Reader
from cyclegan.train.ground import Ground
from cyclegan.train.shelf import Shelf, open_all
from cyclegan.train.sources import Source, SourceFile

HELD_BYTES = 2 * 2**30
"""What images in memory may take together; of a set of some hundred fields all fit."""
DAMPING = 0.5
"""A slide with four times the tissue of another is drawn twice as often."""


class Place(NamedTuple):
    """Where a crop lies, in px of what is read; outside of the image it is its mirror image."""

    file: int
    y: int
    x: int


@dataclass(frozen=True)
class TrainingFile:
    """An image that crops come from; sizes are those of what is read."""

    name: str
    height: int
    """px"""
    width: int
    """px"""
    spacing_um: float | None
    """µm per pixel, or None when it is unknown."""
    tissue_share: float
    """The part of it that is not blank, 0..1."""
    weight: float
    """How often crops come from it, 0..1; those of all files add up to 1."""


class Slides:
    """The images of some sources, open until `close`; to be used by one thread at a time.

    Processes that are forked from this one, or get a pickled copy, draw the same crops.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        spacing_um: float | None = None,
        held_bytes: int = HELD_BYTES,
        scratch: Path | None = None,
    ) -> None:
        """Open and look at every file; `spacing_um` is µm per pixel of all crops, None: as it is.

        `scratch` is where large images wait that are decoded whole. Raises SettingsError for a
        source without images and TrainingError for a file that cannot be used, by its name.
        """
        of_each = [source.files() for source in sources]
        files = [file for found in of_each for file in found]
        self._shelf = Shelf(held_bytes=held_bytes)
        with ExitStack() as undo:
            undo.callback(self._shelf.close)
            readers = open_all(files, spacing_um=spacing_um, scratch=scratch)
            self._grounds = [Ground(self._shelf.add(reader)) for reader in readers]
            undo.pop_all()
        shares = [
            (source.share, len(found)) for source, found in zip(sources, of_each, strict=True)
        ]
        self.files = _described(files, self._shelf, self._grounds, shares)
        """All of them, in the order of their numbers."""
        self._ends = np.cumsum([file.weight for file in self.files])

    def crop(self, seed: int, index: int, size: int) -> Pixels:
        """Crop `index` of a seed, (size, size, 3) uint8: always the same one."""
        return self.cut(self.draw(np.random.default_rng((seed, index)), size), size)

    def draw(self, rng: Generator, size: int) -> Place:
        """Where a random crop of `size` px lies, mostly on tissue; large slides are damped."""
        file = int(np.searchsorted(self._ends, rng.random() * self._ends[-1], side="right"))
        return Place(file, *self._grounds[file].draw(rng, size))

    def cut(self, place: Place, size: int) -> Pixels:
        """The crop of `size` px at a place, (size, size, 3) uint8, a new array.

        Raises TrainingError, which names the file, when it is damaged there.
        """
        reader = self._shelf[place.file]
        (top, height), (left, width) = (
            (max(start, 0), min(size, length))
            for start, length in (
                (place.y, reader.info.height),
                (place.x, reader.info.width),
            )
        )
        try:
            inside = reader.read(top, left, height, width)
        except ImageError as error:
            raise TrainingError(
                f"{self.files[place.file].name} cannot be trained on: {error}; mend it, or leave "
                "it out by the source's exclude"
            ) from error
        missing = [
            (first - start, size - length - (first - start))
            for start, first, length in ((place.y, top, height), (place.x, left, width))
        ]
        return np.pad(inside, (*missing, (0, 0)), mode="reflect")

    def mosaic(self, file: int, *, patches: int = 16, size: int = 64, seed: int = 0) -> Pixels:
        """Random patches of a file's tissue side by side, always the same ones for a seed.

        `patches` is a square number, so that they make a square, uint8.
        """
        side = isqrt(patches)
        rng = np.random.default_rng((seed, file))
        places = [self._grounds[file].draw(rng, size, "tissue") for _ in range(side * side)]
        cut = [self.cut(Place(file, y, x), size) for y, x in places]
        rows = [np.concatenate(cut[i : i + side], axis=1) for i in range(0, len(cut), side)]
        return np.concatenate(rows)

    def reader(self, file: int) -> Reader:
        """All of a file, to be read only by the process that asks and not to be closed."""
        return self._shelf[file]

    def require_room(self, size: int) -> None:
        """Raise TrainingError, which names the file, when one is too small for crops of `size` px.

        A side of a crop may be mirrored up to twice the length of the image.
        """
        for file in self.files:
            if 2 * min(file.height, file.width) < size:
                raise TrainingError(
                    f"{file.name} is {file.height} x {file.width} px as it is read, and crops of "
                    f"{size} px need at least half of that; leave it out by the source's exclude, "
                    "make the crops smaller or turn them less, or give the right spacing_um"
                )

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _described(
    files: Sequence[SourceFile],
    shelf: Shelf,
    grounds: Sequence[Ground],
    shares: Sequence[tuple[float | None, int]],
) -> tuple[TrainingFile, ...]:
    weights = _weights([file.slide for file in files], [ground.tissue_px for ground in grounds])
    weights = _shared(weights, shares)
    described = []
    for number, (file, ground, weight) in enumerate(zip(files, grounds, weights, strict=True)):
        info = shelf[number].info
        share = ground.tissue_share
        described.append(
            TrainingFile(file.name, info.height, info.width, info.spacing_um, share, weight)
        )
    return tuple(described)


def _weights(slides: Sequence[str], tissue_px: Sequence[float]) -> list[float]:
    """Of each file: its slide's damped, shared among the slide's files by their tissue."""
    whole: defaultdict[str, float] = defaultdict(float)
    for slide, px in zip(slides, tissue_px, strict=True):
        whole[slide] += px
    total = sum(px**DAMPING for px in whole.values())
    return [
        whole[slide] ** DAMPING / total * px / whole[slide]
        for slide, px in zip(slides, tissue_px, strict=True)
    ]


def _shared(weights: list[float], shares: Sequence[tuple[float | None, int]]) -> list[float]:
    """The weights, such that sources get the shares they are to have, and the others the rest.

    `shares` has the share of each source, or None, and how many files it has, in their order.
    """
    wanted = [share for share, _ in shares if share is not None]
    if not wanted:
        return weights
    rest = 1 - sum(wanted) if len(wanted) < len(shares) else 0.0
    if len(wanted) < len(shares) and rest <= 0:
        raise SettingsError(
            f"the shares of the sources are {sum(wanted):g} together, which leaves nothing for "
            "those without one; make them smaller"
        )
    ends = np.cumsum([count for _, count in shares])
    parts = [weights[end - count : end] for end, (_, count) in zip(ends, shares, strict=True)]
    others = sum(sum(part) for part, (share, _) in zip(parts, shares, strict=True) if share is None)
    scaled = [
        weight * (share / sum(part) if share is not None else rest / others)
        for part, (share, _) in zip(parts, shares, strict=True)
        for weight in part
    ]
    return [weight / sum(scaled) for weight in scaled]
