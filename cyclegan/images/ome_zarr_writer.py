"""Writing an OME-Zarr image: a folder of compressed pieces, which programs read over a network.

The levels are those of the TIFF (see `pyramid_levels`), as arrays `s0`, `s1`, ... with the axes
colour, y, x. Chunks of 256 x 256 px, 16 of them to a file (a shard, so that a large image is
thousands of files, not hundreds of thousands), zstd without loss.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclegan.images.image import Pixels, Writer
from cyclegan.images.new_folder import NewFolder
from cyclegan.images.ngff import AXES, image_metadata, level_name
from cyclegan.images.placement import Placement
from cyclegan.images.pyramid_levels import BAND_PX, PART_PX, Levels

if TYPE_CHECKING:
    from zarr import Array, Group

CHUNK = (3, BAND_PX, BAND_PX)
"""Colours, height and width in px of what is compressed as one."""
FILE = (3, BAND_PX, PART_PX)
"""The same of what is one file: a part of a band, so that none is written twice."""
LEVEL = 1
"""Of zstd's compression: the usual one takes twice the time for 4 % less."""
OURS = "color_mapper"
"""The key of our own attributes, which hold the description."""


class OmeZarrWriter(Writer):
    """Writes the pieces of all levels as their rows arrive; the folder appears when closed."""

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        spacing_um: float | None,
        description: str = "",
    ) -> None:
        self._placement = Placement(height=height, width=width)
        self._levels = Levels(height=height, width=width)
        with ExitStack() as stack:
            self._folder = NewFolder(path)
            stack.callback(self._folder.discard)
            group = _group(self._folder.path, len(self._levels.sizes), spacing_um, description)
            self._arrays = [
                _array(group, level, size) for level, size in enumerate(self._levels.sizes)
            ]
            self._leftovers = stack.pop_all()

    def write(self, piece: Pixels) -> None:
        """Append a piece of the image."""
        for part in self._levels.add(*self._placement.add(piece), piece):
            pixels = part.pixels.transpose(2, 0, 1)
            rows_at = slice(part.top, part.top + pixels.shape[1])
            columns_at = slice(part.left, part.left + pixels.shape[2])
            self._arrays[part.level][:, rows_at, columns_at] = pixels

    def close(self) -> None:
        """Force the folder to disk and give it its name."""
        with self._leftovers:
            self._placement.finish()
            self._folder.publish()

    def abort(self) -> None:
        """Throw away what was written."""
        self._leftovers.close()


def _group(folder: Path, levels: int, spacing_um: float | None, description: str) -> Group:
    # Costs most of a second, and most processes write none.
    from zarr import create_group

    attributes: dict[str, object] = {"ome": image_metadata(levels, spacing_um=spacing_um)}
    if description:
        attributes[OURS] = {"description": description}
    return create_group(folder, zarr_format=3, attributes=attributes)


def _array(group: Group, level: int, size: tuple[int, int]) -> Array[Any]:
    from zarr.codecs import ZstdCodec

    return group.create_array(
        level_name(level),
        shape=(3, *size),
        dtype="uint8",
        chunks=CHUNK,
        shards=FILE,
        compressors=ZstdCodec(level=LEVEL),
        dimension_names=AXES,
    )
