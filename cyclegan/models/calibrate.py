"""Statistics for a package: measured once over images that are like those it will translate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.engine import Room, Watch
from cyclegan.engines.field import Field
from cyclegan.engines.measure import measure, sample
from cyclegan.errors import ImageError, ModelError
from cyclegan.files import file_sha256
from cyclegan.images import open_image
from cyclegan.images.image import ImageInfo, Pixels, Reader
from cyclegan.models.card import ModelCard
from cyclegan.models.package import keep_statistics, load
from cyclegan.tiles import Tile

TILE = 512
"""Height and width in px of the regions that are measured."""
TILES = 64
"""How many of them in all, unless there are more images: each gives one at least."""


def calibrate(
    card: ModelCard,
    images: Sequence[Path],
    *,
    room: Room,
    device: DeviceName = "auto",
    watch: Watch | None = None,
) -> ModelCard:
    """Measure the norm layers' statistics over images together, and keep them in the package.

    Each image gives as many regions as any other, those with tissue first, at the spacing that the
    model was made for; all go through the network as one batch. The package has the statistics when
    this returns, or else is as it was. Raises ModelError, ImageTooLarge, ImageError that names the
    file, Cancelled, and OSError.
    """
    watch = watch or Watch()
    network = load(card)
    if not images:
        raise ModelError("there is no image to measure statistics on; name files or folders")
    fields: list[Field] = []
    pixels = 0
    for path in images:
        watch.check()
        try:
            with open_image(path, scratch=room.scratch, spacing_um=card.spacing_um) as reader:
                pixels += _pixels(reader)
                count = max(1, TILES // len(images))
                fields += map(_held, sample(reader, network, size=TILE, count=count))
        except ImageError as error:
            raise type(error)(f"{path.name}: {error}") from error
    where = choose_device(device)
    statistics = measure(
        network.eval().requires_grad_(False).to(where), fields, device=where, room=room, watch=watch
    )
    return keep_statistics(
        card,
        statistics,
        images=[file_sha256(path) for path in images],
        megapixels=pixels / 1e6,
        measured_megapixels=sum(_pixels(one.reader) for one in fields) / 1e6,
    )


class Held(Reader):
    """A region that was read, held in memory: an image may be closed before it is measured."""

    def __init__(self, pixels: Pixels, info: ImageInfo) -> None:
        self._pixels = pixels
        self._info = replace(info, height=pixels.shape[0], width=pixels.shape[1])

    @property
    def info(self) -> ImageInfo:
        """The description of the region."""
        return self._info

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        """A view of a part of the region."""
        return self._pixels[y : y + height, x : x + width]

    def close(self) -> None:
        """Hold nothing else."""


def _held(field: Field) -> Field:
    """The same picture out of memory."""
    tile, info = field.tile, field.reader.info
    height = min(tile.height, info.height - tile.y)
    width = min(tile.width, info.width - tile.x)
    held = Held(field.reader.read(tile.y, tile.x, height, width), info)
    return Field(held, Tile(0, 0, tile.height, tile.width))


def _pixels(reader: Reader) -> int:
    return reader.info.height * reader.info.width
