"""Which network a file belongs to."""

import pytest
import torch

from cyclegan.models.recognise import recognise
from cyclegan.networks import GENERATORS


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_is_recognised(name: str) -> None:
    assert recognise(GENERATORS[name]().state_dict()) == name


@pytest.mark.parametrize(
    ("weights", "network"),
    [
        ([f"model.{n}.conv_block.1.weight" for n in range(10, 16)], "resnet_6blocks"),
        (
            ["fpn.P2_2.weight", *(f"layer3.{n}.conv1.weight" for n in range(6))],
            "ganilla of depth 34",
        ),
        (["model.model.0.weight", "model.model.1.model.3.weight"], "the U-Net of pix2pix"),
        (["model.0.weight", "model.2.weight"], "a PatchGAN discriminator"),
        (["encoder.weight"], None),
        ([], None),
    ],
)
def test_foreign_networks_are_told_by_the_names_of_their_weights(
    weights: list[str], network: str | None
) -> None:
    assert recognise({name: torch.zeros(64, 3, 4, 4) for name in weights}) == network
