"""The generators told as steps."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import norm_layers
from cyclegan.networks.steps import IMAGE, Operand, Step
from tests.cyclegan.generators import random_generator

architectures = pytest.mark.parametrize("name", list(GENERATORS))


def run(network: Generator, image: Tensor) -> Tensor:
    """The steps taken at their word, on a whole image."""
    maps = {IMAGE: image}
    norms = norm_layers(network)
    pooled = {step.name for step in network.steps() if step.pool}

    def read(operand: Operand) -> Tensor:
        x = maps[operand.map]
        if operand.map in norms and operand.map not in pooled:
            x = norms[operand.map](x)
        return functional.relu(x) if operand.relu else x

    for step in network.steps():
        maps[step.name] = made(step, [read(operand) for operand in step.operands])
        if step.pool:
            # Normalised before the maxima are taken, as the network does it itself.
            normalised = functional.pad(norms[step.name](maps[step.name]), (1,) * 4, "reflect")
            maps[step.name] = functional.max_pool2d(normalised, 3, stride=2)
    answer: Tensor = network.decoder()([read(operand) for operand in network.features])
    return answer


def made(step: Step, parts: list[Tensor]) -> Tensor:
    if step.conv is None:
        return torch.stack(parts).sum(0)
    x, conv = torch.cat(parts, dim=1), step.conv
    if isinstance(conv, torch.nn.ConvTranspose2d):
        answer: Tensor = conv(x)
        return answer
    sides = (step.padding,) * 4
    x = functional.pad(x, sides, mode="reflect" if step.reflect else "constant")
    return functional.conv2d(x, conv.weight, conv.bias, stride=conv.stride)


@architectures
@torch.inference_mode()
def test_the_steps_and_the_decoder_are_the_network(name: str) -> None:
    network, image = random_generator(name), torch.rand(1, 3, 64, 96) * 2 - 1
    torch.testing.assert_close(run(network, image), network(image), atol=1e-4, rtol=0)


@architectures
def test_every_norm_layer_belongs_to_the_step_of_its_name(name: str) -> None:
    network = random_generator(name)
    told = {step.name: step.norm for step in network.steps() if step.norm is not None}
    assert told == norm_layers(network)


@architectures
@torch.inference_mode()
def test_a_strip_of_maps_gives_the_rows_of_the_whole(name: str) -> None:
    network = random_generator(name)
    decoder, margin = network.decoder(), network.decoder().margin
    torch.manual_seed(1)
    scales = {"layer1": 2, "layer2": 4, "layer3": 8, "layer4": 16}
    maps = []
    for operand in network.features:
        scale = scales.get(operand.map.partition(".")[0], 1)
        step = next(step for step in network.steps() if step.name == operand.map)
        maps.append((scale, torch.randn(1, channels(step), 96 // scale, 64 // scale)))
    whole = decoder([x for _, x in maps])
    for top, bottom in [(0, 32), (32, 64), (64, 96)]:
        above, below = min(margin, top), min(margin, 96 - bottom)
        strip = [x[:, :, (top - above) // s : (bottom + below) // s] for s, x in maps]
        torch.testing.assert_close(
            decoder(strip, above, below), whole[:, :, top:bottom], atol=1e-5, rtol=0
        )


def channels(step: Step) -> int:
    assert step.conv is not None
    return step.conv.out_channels
