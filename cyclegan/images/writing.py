"""Creating an image file of a chosen kind."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

from cyclegan.errors import SettingsError
from cyclegan.images.image import Writer
from cyclegan.images.ome_zarr_writer import OmeZarrWriter
from cyclegan.images.png_writer import PngWriter
from cyclegan.images.preview import PreviewWriter
from cyclegan.images.pyramid import PyramidWriter
from cyclegan.images.pyramid_layouts import OME_TIFF, TIFF
from cyclegan.images.tile_codecs import TILE_CODECS


class OpenWriter(Protocol):
    """What every entry of `WRITERS` takes."""

    def __call__(
        self, path: Path, *, height: int, width: int, spacing_um: float | None, description: str
    ) -> Writer:
        """A writer into a new file at `path`; see `create_image`."""


WRITERS: dict[str, OpenWriter] = {
    "tiff": partial(PyramidWriter, layout=TIFF),
    "ome-tiff": partial(PyramidWriter, layout=OME_TIFF),
    "ome-zarr": OmeZarrWriter,
    "png": PngWriter,
    "preview": PreviewWriter,
}
"""Kinds of file that are written: pyramids for viewers, the last of them a folder, a plain PNG, and
a small JPEG to look at."""

COMPRESSIONS: dict[str, dict[str, OpenWriter]] = {
    kind: {name: partial(PyramidWriter, layout=layout, compression=name) for name in TILE_CODECS}
    for kind, layout in {"tiff": TIFF, "ome-tiff": OME_TIFF}.items()
}
"""The kinds whose compression can be chosen; the first is what is done unless asked."""


def create_image(
    path: Path,
    *,
    kind: str,
    height: int,
    width: int,
    spacing_um: float | None = None,
    description: str = "",
    compression: str | None = None,
) -> Writer:
    """A writer of `height` rows of `width` px into a new file, which appears when it is closed.

    `kind` is a key of `WRITERS`; `spacing_um` is µm per pixel or None when unknown; `description`
    is kept where the kind of file has a place for it; `compression` is one of `COMPRESSIONS` for
    that kind, or None for the usual one. Raises SettingsError for what is not there to choose or
    a size below 1 px, OSError (ENOSPC) when the disk is full.
    """
    if kind not in WRITERS:
        raise SettingsError(
            f"{kind} is not a kind of file written here; choose {', '.join(WRITERS)}"
        )
    if height < 1 or width < 1:
        raise SettingsError(f"an image of {height} x {width} px cannot be written")
    return _opener(kind, compression)(
        path, height=height, width=width, spacing_um=spacing_um, description=description
    )


def _opener(kind: str, compression: str | None) -> OpenWriter:
    if compression is None:
        return WRITERS[kind]
    choice = COMPRESSIONS.get(kind, {})
    if compression not in choice:
        raise SettingsError(
            f"{kind} cannot be compressed as {compression}; "
            + (f"choose {' or '.join(choice)}" if choice else "it has no choice of compression")
        )
    return choice[compression]
