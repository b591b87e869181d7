"""The names of GANILLA's weights, and how far it looks."""

import torch

from cyclegan.networks.ganilla import Ganilla
from cyclegan.networks.norm import InstanceNorm
from tests.cyclegan.generators import random_generator


def levels() -> set[str]:
    blocks = [f"layer{level}.{block}" for level in range(1, 5) for block in range(2)]
    weights = ("conv1.weight", "conv2.weight", "final_conv.1.weight")
    shortcuts = {f"layer{level}.0.shortcut.0.weight" for level in (2, 3, 4)}
    return {f"{block}.{weight}" for block in blocks for weight in weights} | shortcuts


def test_the_weights_have_the_public_names() -> None:
    biased = ("conv1", "conv2", "fpn.P5_1", "fpn.P4_1", "fpn.P3_1", "fpn.P2_1", "fpn.P2_2")
    pairs = {f"{layer}.{kind}" for layer in biased for kind in ("weight", "bias")}
    assert Ganilla().state_dict().keys() == pairs | levels()


def test_a_pixel_is_seen_189_px_further_and_174_px_back_when_statistics_are_fixed() -> None:
    network = random_generator("ganilla").eval()
    for layer in network.modules():
        if isinstance(layer, InstanceNorm):
            layer.statistics = (torch.zeros(1), torch.ones(1))
    further, back = 0, 0
    for place in range(240, 256):  # all places relative to the 16 px raster of the deepest level
        strip = torch.zeros(1, 3, 32, 512)
        strip[..., place] = torch.nan
        with torch.inference_mode():
            seen = network(strip).isnan().any(dim=(0, 1, 2)).nonzero()
        further = max(further, int(seen.max()) - place)
        back = max(back, place - int(seen.min()))
    assert (further, back) == (189, 174)
