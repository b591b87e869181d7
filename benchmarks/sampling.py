"""How far a sample of tiles takes the norm layers' statistics from those of the whole image.

    .venv/bin/python benchmarks/sampling.py [--height 1792] [--width 2304]

The pictures are simulated MUSE images with a share of blank, the weights are random ones that keep
the scale of what goes through them: a stress test, for small errors of early layers grow through
all later ones. What is told is the mean absolute difference, in grey levels of 0..255 where there
is tissue, between parts of the picture translated with the sample's statistics and with those of
the whole picture, both fixed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cyclegan.engines.engine import Room
from cyclegan.engines.field import Field
from cyclegan.engines.measure import measure
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.images.image import Pixels, Reader
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics, set_statistics
from cyclegan.noise import smooth_noise
from cyclegan.phantom import grow
from cyclegan.sampling import sample_tiles
from cyclegan.simulate import expose
from cyclegan.tiles import Tile
from cyclegan.tissue import TissueMask, find_tissue
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.generators import random_generator

LOOK_PX = 320
"""Side of the parts that are compared."""
LOOKS = 4
MULTIPLE = 16


def picture(height: int, width: int, *, blank: float, seed: int) -> Pixels:
    """Tissue with a ragged edge, of which a share of the picture is missing."""
    tissue = grow(height, width, seed=seed)
    rng = np.random.default_rng(seed)
    size = 0.4 * height, 0.4 * width
    outline = smooth_noise(rng, (height, width), size)
    outline += 0.05 * smooth_noise(rng, (height, width), (40, 40))
    inside = outline > np.quantile(outline, blank)
    return expose(tissue.nuclear * inside, tissue.counterstain * inside).muse


def ways(reader: Reader, mask: TissueMask, size: int, count: int) -> dict[str, list[Tile]]:
    """Samples of an image by the name of what guides them."""
    info = reader.info
    full = [tile for tile in lattice(info.height, info.width, size) if is_tissue(mask, tile)]
    every = max(1.0, len(full) / count)
    return {
        "mask": sample_tiles(
            info.height, info.width, mask, size=size, count=count, multiple=MULTIPLE
        ),
        "place": sample_tiles(
            info.height, info.width, None, size=size, count=count, multiple=MULTIPLE
        ),
        "tissue only": [full[int((i + 0.5) * every)] for i in range(min(count, len(full)))],
    }


def lattice(height: int, width: int, size: int) -> list[Tile]:
    """All tiles that an image has room for."""
    return sample_tiles(height, width, None, size=size, count=height * width, multiple=MULTIPLE)


def is_tissue(mask: TissueMask, tile: Tile) -> bool:
    """Whether a tile holds hardly anything else."""
    return mask.tissue_share(tile.y, tile.x, tile.height, tile.width) > 0.9


def statistics(network: Generator, reader: Reader, tiles: Sequence[Tile]) -> Statistics:
    """Of some tiles of an image together."""
    with tempfile.TemporaryDirectory() as scratch:
        return measure(
            network,
            [Field(reader, tile) for tile in tiles],
            device=torch.device("cpu"),
            room=Room(Path(scratch)),
        )


def translated(network: Generator, parts: Sequence[Pixels], found: Statistics) -> Pixels:
    """The parts with fixed statistics, (n, height, width, 3)."""
    set_statistics(network, found)
    with torch.inference_mode():
        done = [to_pixels(network(to_tensor(part[None], torch.device("cpu")))) for part in parts]
    set_statistics(network, None)
    return np.concatenate(done)


def looks(pixels: Pixels, mask: TissueMask) -> list[Pixels]:
    """Parts of the picture with tissue, from all over it."""
    tiles = lattice(pixels.shape[0], pixels.shape[1], LOOK_PX)
    full = [tile for tile in tiles if is_tissue(mask, tile)]
    chosen = [full[int((i + 0.5) * len(full) / LOOKS)] for i in range(LOOKS)]
    return [pixels[t.y : t.y + t.height, t.x : t.x + t.width] for t in chosen]


def compare(
    network: Generator, pixels: Pixels, *, sizes: Sequence[int], counts: Sequence[int]
) -> None:
    """Print the table's rows of one picture."""
    reader, height, width = ArrayReader(pixels), *pixels.shape[:2]
    mask = find_tissue(reader)
    parts = looks(pixels, mask)
    start = time.perf_counter()
    whole = statistics(network, reader, [Tile(0, 0, height, width)])
    print(
        f"\n{height} x {width} px, {mask.blank_share:.0%} blank; "
        f"whole image {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    wanted = translated(network, parts, whole).astype(int)
    print("\n| size | count | guided by | tiles | share of the image | MAE | p99 | s |")
    print("|---" * 8 + "|")
    for size in sizes:
        for count in counts:
            if count * size**2 > height * width:
                continue
            for name, tiles in ways(reader, mask, size, count).items():
                start = time.perf_counter()
                found = statistics(network, reader, tiles)
                seconds = time.perf_counter() - start
                error = np.abs(translated(network, parts, found) - wanted)
                share = sum(tile.height * tile.width for tile in tiles) / (height * width)
                print(
                    f"| {size} | {count} | {name} | {len(tiles)} | {share:.0%} | "
                    f"{error.mean():.1f} | {np.percentile(error, 99):.0f} | {seconds:.0f} |",
                    flush=True,
                )


def main() -> None:
    """Print a table for each picture."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--height", type=int, default=1792, help="px")
    options.add_argument("--width", type=int, default=2304, help="px")
    options.add_argument("--sizes", type=int, nargs="+", default=[256, 384, 512], help="px")
    options.add_argument("--counts", type=int, nargs="+", default=[8, 16, 32])
    options.add_argument("--blank", type=float, nargs="+", default=[0.2])
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    chosen = options.parse_args()
    for seed in chosen.seeds:
        network = random_generator(seed=seed).eval()
        for blank in chosen.blank:
            pixels = picture(chosen.height, chosen.width, blank=blank, seed=seed)
            compare(network, pixels, sizes=chosen.sizes, counts=chosen.counts)


if __name__ == "__main__":
    main()
