"""Creating an image file of a chosen kind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cyclegan.errors import SettingsError
from cyclegan.images.image import Writer
from cyclegan.images.png_writer import PngWriter
from cyclegan.images.preview import PreviewWriter
from cyclegan.images.pyramid import PyramidWriter


class OpenWriter(Protocol):
    """What every entry of `WRITERS` takes."""

    def __call__(
        self, path: Path, *, height: int, width: int, spacing_um: float | None, description: str
    ) -> Writer:
        """A writer into a new file at `path`; see `create_image`."""


WRITERS: dict[str, OpenWriter] = {
    "tiff": PyramidWriter,
    "png": PngWriter,
    "preview": PreviewWriter,
}
"""Kinds of file that are written: a pyramid for viewers, a plain PNG, a small JPEG to look at."""


def create_image(
    path: Path,
    *,
    kind: str,
    height: int,
    width: int,
    spacing_um: float | None = None,
    description: str = "",
) -> Writer:
    """A writer of `height` rows of `width` px into a new file, which appears when it is closed.

    `kind` is a key of `WRITERS`; `spacing_um` is µm per pixel or None when unknown; `description`
    is kept where the kind of file has a place for it. Raises SettingsError for an unknown kind or
    a size below 1 px, OSError (ENOSPC) when the disk is full.
    """
    if kind not in WRITERS:
        raise SettingsError(
            f"{kind} is not a kind of file written here; choose {', '.join(WRITERS)}"
        )
    if height < 1 or width < 1:
        raise SettingsError(f"an image of {height} x {width} px cannot be written")
    return WRITERS[kind](
        path, height=height, width=width, spacing_um=spacing_um, description=description
    )
