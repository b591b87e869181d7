"""The statistics of a generator's norm layers over some pictures together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import torch

from cyclegan.engines.engine import Room, Watch
from cyclegan.engines.field import Field
from cyclegan.engines.slabs import choose_slabs
from cyclegan.engines.staged import Staged, peak_bytes
from cyclegan.errors import ImageTooLarge
from cyclegan.images.image import Reader
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics
from cyclegan.sampling import sample_tiles
from cyclegan.tiles import Tile, padded_size
from cyclegan.tissue import TissueMask, find_tissue


def measure(
    network: Generator,
    fields: Sequence[Field],
    *,
    device: torch.device,
    room: Room,
    watch: Watch | None = None,
    share: float = 1.0,
) -> Statistics:
    """Mean and variance of each norm layer over all fields, as if they were one batch.

    The network is on `device` in float32 and is not changed. `watch` is told of progress from 0 to
    `share`. Raises Cancelled, and ImageTooLarge when neither memory nor scratch space is enough.
    """
    sizes = [(one.tile.height, one.tile.width) for one in fields]
    slabs = choose_slabs(peak_bytes(network, sizes, keep=False), device, room)
    if slabs is None:
        pixels = sum(height * width for height, width in sizes)
        raise ImageTooLarge(
            f"the maps of {pixels / 1e6:.0f} megapixels fit neither into memory nor into the "
            "scratch space; give more of it, or fewer images"
        )
    staged = Staged(
        network, fields, device=device, slabs=slabs, watch=watch or Watch(), share=share
    )
    with closing(staged):
        staged.run(keep=False)
        return staged.statistics


def sample(
    reader: Reader,
    network: Generator,
    *,
    size: int,
    count: int,
    tissue: TissueMask | None = None,
) -> list[Field]:
    """Tiles that stand for an image, at most `count` of `size` px, which the network takes.

    `tissue` says where the image holds some; without it the whole image is looked through.
    """
    info, multiple = reader.info, network.multiple
    if tissue is None:
        tissue = find_tissue(reader)
    tiles = sample_tiles(info.height, info.width, tissue, size=size, count=count, multiple=multiple)
    return [
        Field(
            reader,
            Tile(tile.y, tile.x, *padded_size(tile.height, tile.width, multiple, network.smallest)),
        )
        for tile in tiles
    ]
