"""Statistics for a package: measured once over images that are like those it will translate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyclegan.device import DeviceName, choose_device
from cyclegan.engines.engine import Room, Watch
from cyclegan.engines.field import Field
from cyclegan.engines.measure import measure, sample
from cyclegan.engines.seen import Seen
from cyclegan.errors import ImageError, ModelError
from cyclegan.files import file_sha256
from cyclegan.images import open_image
from cyclegan.images.image import Reader
from cyclegan.images.picture import Picture
from cyclegan.inputs import INPUTS
from cyclegan.models.card import ModelCard
from cyclegan.models.changes import require_own
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
    require_own(card, "calibrate")
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
                seen = Seen(reader, INPUTS[card.input](reader))
                fields += [
                    _held(one, seen) for one in sample(reader, network, size=TILE, count=count)
                ]
        except ImageError as error:
            raise type(error)(f"{path.name}: {error}") from error
        except (FileNotFoundError, PermissionError) as error:
            raise ModelError(
                f"{path.name} cannot be read: {error.strerror}; mend it, or name other images"
            ) from error
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


def _held(field: Field, seen: Seen) -> Field:
    """What the network sees of a field, out of memory: its image may be closed by then."""
    tile, info = field.tile, seen.info
    height = min(tile.height, info.height - tile.y)
    width = min(tile.width, info.width - tile.x)
    held = Picture(seen.read(tile.y, tile.x, height, width), info)
    return Field(held, Tile(0, 0, tile.height, tile.width))


def _pixels(reader: Reader) -> int:
    return reader.info.height * reader.info.width
