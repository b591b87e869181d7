"""What the U-Net's joins are for."""

import pytest
import torch
from torch import Tensor

from cyclegan.networks.norm import set_statistics
from cyclegan.networks.unet import Join, Unet
from tests.cyclegan.generators import random_generator, statistics_of


def image() -> Tensor:
    return torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1


def unet() -> Unet:
    network = random_generator("unet", width=8).eval()
    assert isinstance(network, Unet)
    return network


def without(network: Unet, index: int, *, what: str) -> Unet:
    """The network with nothing of the coarser map, or of the one beside it, in a join."""
    join = network.up[index]
    assert isinstance(join, Join)
    channels = join.widen.out_channels
    with torch.no_grad():
        part = slice(None, channels) if what == "coarse" else slice(channels, None)
        join.fuse.weight[:, part] = 0
    return network


@pytest.mark.parametrize("what", ["coarse", "beside"])
@pytest.mark.parametrize("index", range(4))
@torch.inference_mode()
def test_every_join_takes_from_both(index: int, what: str) -> None:
    answer = without(unet(), index, what=what)(image())
    assert (answer - unet()(image())).abs().max() > 0.01


@torch.inference_mode()
def test_detail_comes_from_the_image_itself() -> None:
    network = without(unet(), 3, what="coarse")
    set_statistics(network, statistics_of(network))
    changed = image()
    changed[..., 30, 20] += 0.5
    moved = (network(changed) - network(image())).abs().amax((0, 1))
    assert moved[28:33, 18:23].min() > 0  # two 3x3 convolutions
    moved[28:33, 18:23] = 0
    assert moved.max() < 1e-6


def test_maps_at_the_full_size_are_half_as_wide_as_the_first() -> None:
    [feature] = Unet.features
    last = next(step for step in Unet(8).steps() if step.name == feature.map)
    assert last.conv is not None
    assert last.conv.out_channels == 4
