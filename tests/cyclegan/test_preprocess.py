"""Patches cut from an image."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from cyclegan.preprocess import BATCHES_PER_PROCESS, batches, read_patch
from cyclegan.tiles import Tile, TileGrid
from tests.cyclegan.arrays import ArrayReader, noise


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_patches_come_in_the_grids_order(size: int) -> None:
    pixels, grid = noise(101, 67), TileGrid(101, 67, core=16, halo=8)
    found = np.concatenate(list(batches(ArrayReader(pixels), grid, size, 0)))
    for patch, tile in zip(found, grid, strict=True):
        expected = pixels[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        np.testing.assert_array_equal(patch, expected)


def test_processes_cut_the_same_patches_in_the_same_order() -> None:
    pixels, grid = noise(300, 200), TileGrid(300, 200, core=16, halo=8)
    assert len(grid) // 3 > 2 * BATCHES_PER_PROCESS, "too few for two processes"
    alone = batches(ArrayReader(pixels), grid, 3, 0)
    together = batches(ArrayReader(pixels), grid, 3, 2)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_closing_early_ends_the_processes() -> None:
    pixels, grid = noise(300, 200), TileGrid(300, 200, core=8, halo=0)
    stream = batches(ArrayReader(pixels), grid, 1, 2)
    next(stream)
    before = psutil.Process().children(recursive=True)
    stream.close()
    assert not [child for child in before if "spawn_main" in " ".join(_command(child))]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_what_lies_outside_the_image_mirrors_its_inside() -> None:
    pixels = noise(3, 4)
    patch = read_patch(ArrayReader(pixels), Tile(0, 0, 5, 6))
    np.testing.assert_array_equal(
        patch[:, :, 0], np.pad(pixels[:, :, 0], ((0, 2), (0, 2)), "reflect")
    )


def test_a_single_pixel_fills_a_whole_patch() -> None:
    patch = read_patch(ArrayReader(np.full((1, 1, 3), 90, np.uint8)), Tile(0, 0, 16, 16))
    assert patch.shape == (16, 16, 3)
    assert np.all(patch == 90)


CUTS_FOR_EVER = """
import sys, time
from cyclegan.preprocess import batches
from cyclegan.tiles import TileGrid
from tests.cyclegan.arrays import ArrayReader, noise

if __name__ == "__main__":
    stream = batches(ArrayReader(noise(300, 200)), TileGrid(300, 200, core=8, halo=0), 1, 2)
    next(stream)
    print("cutting", flush=True)
    time.sleep(60)
"""


def test_cutting_processes_die_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "cuts.py"
    script.write_text(CUTS_FOR_EVER)
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"cutting\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) >= 2
        parent.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
