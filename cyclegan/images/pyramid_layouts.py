"""How the levels of a pyramidal TIFF hang together, and what its first page says.

In a plain TIFF the levels are pages of their own, marked as reduced images: with the levels in
SubIFDs OpenSlide sees only the first. In an OME-TIFF they are SubIFDs of the first page, as its
specification has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import FileIO
from typing import Protocol

from cyclegan.images.new_file import write_all
from cyclegan.images.ome_xml import ome_xml
from cyclegan.images.tiff_directory import Field, aligned, directory, positions

SUB_DIRECTORIES = 330

Fields = Sequence[Field]
"""What the directory of one level says."""


class Describe(Protocol):
    """What makes the text of the first page."""

    def __call__(
        self, *, height: int, width: int, spacing_um: float | None, description: str
    ) -> str:
        """The text, which may be empty."""


@dataclass(frozen=True)
class Layout:
    """What differs between kinds of pyramidal TIFF."""

    describe: Describe
    link: Callable[[FileIO, Sequence[Fields]], int]
    """Appends the directories of all levels to the file and returns where the first page's is."""


def as_given(*, height: int, width: int, spacing_um: float | None, description: str) -> str:
    """The description itself."""
    del height, width, spacing_um
    return description


def chained(file: FileIO, levels: Sequence[Fields]) -> int:
    """All levels as pages, one after another."""
    last = len(levels) - 1
    places = [_append(file, one, has_next=number < last) for number, one in enumerate(levels)]
    return places[0]


def nested(file: FileIO, levels: Sequence[Fields]) -> int:
    """The first level as the one page, the others as its SubIFDs."""
    first, *others = levels
    places = [_append(file, fields) for fields in others]
    below = [positions(SUB_DIRECTORIES, places, of_directories=True)] if places else []
    return _append(file, [*first, *below])


def _append(file: FileIO, fields: Iterable[Field], *, has_next: bool = False) -> int:
    end = file.tell()
    place = aligned(end)
    write_all(file, bytes(place - end) + directory(fields, at=place, has_next=has_next))
    return place


TIFF = Layout(as_given, chained)
OME_TIFF = Layout(ome_xml, nested)
