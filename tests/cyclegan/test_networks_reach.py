"""How far the generators see."""

from __future__ import annotations

import torch
from torch import nn

from cyclegan.networks.reach import measure_reach
from tests.cyclegan.generators import Same, as_generator, random_generator


class Offset(Same):
    """Looks 37 px to the left and nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, (1, 38), bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        looked: torch.Tensor = self.conv(nn.functional.pad(x, (37, 0)))
        return looked


def test_ganilla_sees_189_px() -> None:
    assert measure_reach(random_generator("ganilla")) == 189


def test_resnet_sees_84_px() -> None:
    assert measure_reach(random_generator("resnet_9blocks")) == 84


def test_unet_sees_78_px() -> None:
    assert measure_reach(random_generator("unet")) == 78


def test_the_longer_side_counts() -> None:
    assert measure_reach(as_generator(Offset())) == 37


def test_the_network_is_not_changed() -> None:
    network = random_generator("ganilla")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    measure_reach(network)
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in before.items())
    assert network.training
