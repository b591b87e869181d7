"""Our tiling beside those of MONAI and bioimageio.core, on a network without norm layers."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.inferers.inferer import SlidingWindowInferer
from numpy.typing import NDArray
from torch import Tensor, nn

from cyclegan.networks.reach import measure_reach
from cyclegan.tiles import TileGrid
from tests.cyclegan.generators import Same, as_generator

PROGRAM = Path(__file__).with_name("bioimage_blocks.py")
HEIGHT, WIDTH = 112, 144
TILE = 64


class Local(Same):
    """Looks a few px around, over a stride and back, as generators do."""

    def __init__(self, kernel: int = 5) -> None:
        super().__init__()
        torch.manual_seed(3)
        padding = kernel // 2

        def conv(inside: int, outside: int, stride: int = 1) -> nn.Module:
            return nn.Conv2d(
                inside, outside, kernel, stride, padding=padding, padding_mode="reflect"
            )

        self.layers = nn.Sequential(
            conv(3, 8),
            nn.ReLU(),
            conv(8, 8, 2 if kernel > 1 else 1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2 if kernel > 1 else 1),
            conv(8, 3),
            nn.Tanh(),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=2 * layer.weight[0].numel() ** -0.5)
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.layers(x)
        return made


@pytest.fixture
def image() -> Tensor:
    """(1, 3, HEIGHT, WIDTH), -1..1"""
    return torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(2)) * 2 - 1


def cropped(network: nn.Module, image: Tensor, *, halo: int) -> Tensor:
    """Our tiles, of which the parts are kept that the grid says."""
    grid = TileGrid(HEIGHT, WIDTH, core=TILE - 2 * halo, halo=halo, multiple=16, smallest=32)
    answer = torch.full_like(image, torch.nan)
    places = [(rows, columns) for rows in grid.kept_rows for columns in grid.kept_columns]
    for tile, (rows, columns) in zip(grid, places, strict=True):
        made = network(image[:, :, tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])
        answer[:, :, rows.start : rows.stop, columns.start : columns.stop] = made[
            :, :, rows.start - tile.y : rows.stop - tile.y,
            columns.start - tile.x : columns.stop - tile.x,
        ]  # fmt: skip
    return answer


def by_monai(network: nn.Module, image: Tensor) -> Tensor:
    windows = SlidingWindowInferer(roi_size=TILE, overlap=0.5, mode="gaussian")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MONAI's own use of torch
        answer = windows(image, network)
    assert isinstance(answer, Tensor)
    return answer


def by_bioimageio(folder: Path, network: nn.Module, image: Tensor, *, halo: int) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls its tracer deprecated
        traced = torch.jit.trace(network, torch.zeros(1, 3, TILE, TILE))  # type: ignore[no-untyped-call]
    traced.save(folder / "network.pt")
    pixels: NDArray[np.float32] = image.numpy()
    np.save(folder / "image.npy", pixels)
    subprocess.run(
        [sys.executable, PROGRAM, folder, str(halo), str(TILE)],
        env={**os.environ, "BIOIMAGEIO_CACHE_PATH": str(folder / "cache")},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return torch.from_numpy(np.load(folder / "answer.npy"))


def error(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


def test_cropped_tiles_are_the_whole_image_if_the_halo_is_the_reach(image: Tensor) -> None:
    network = Local()
    assert 4 < measure_reach(as_generator(network)) <= 16
    assert error(cropped(network, image, halo=16), network(image)) < 1e-5
    assert error(cropped(network, image, halo=0), network(image)) > 0.1


def test_monai_agrees_where_a_pixel_sees_nothing_but_itself(image: Tensor) -> None:
    network = Local(kernel=1)
    assert error(by_monai(network, image), cropped(network, image, halo=0)) < 1e-5


def test_monai_mixes_in_what_windows_make_of_their_edges(image: Tensor) -> None:
    network = Local()
    assert error(by_monai(network, image), network(image)) > 0.01


def test_bioimageio_agrees_but_where_it_adds_to_the_image_at_its_edge(
    image: Tensor, tmp_path: Path
) -> None:
    network, halo = Local(), 16
    reach = measure_reach(as_generator(network))
    theirs = by_bioimageio(tmp_path, network, image, halo=halo)
    ours = cropped(network, image, halo=halo)
    inside = (..., slice(reach, -reach), slice(reach, -reach))
    assert error(theirs[inside], ours[inside]) < 1e-3
    # It hands mirrored surroundings to the network, which would have mirrored its maps by itself.
    sides = ((0, 0), (0, 0), (halo, halo), (halo, halo))
    padded = torch.from_numpy(np.pad(image.numpy(), sides, mode="symmetric"))
    assert error(theirs, network(padded)[..., halo:-halo, halo:-halo]) < 1e-3
