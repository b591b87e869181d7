"""Statistics of norm layers over several pictures together."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cyclegan.engines.engine import Room
from cyclegan.engines.field import Field
from cyclegan.engines.measure import measure
from cyclegan.engines.tensors import to_tensor
from cyclegan.errors import ImageTooLarge
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import EPSILON, Statistics, norm_layers, set_statistics
from cyclegan.tiles import Tile
from tests.cyclegan.arrays import ArrayReader, noise
from tests.cyclegan.generators import random_generator

CPU = torch.device("cpu")
architectures = pytest.mark.parametrize("name", list(GENERATORS))


def of_batch(network: Generator, images: Tensor) -> Statistics:
    """The statistics that each norm layer meets when a batch is normalised jointly."""
    met: dict[str, tuple[Tensor, Tensor]] = {}

    def note(name: str, layer: nn.Module) -> None:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
            met[name] = mean, variance
            shape = (1, -1, 1, 1)
            return (inputs[0] - mean.view(shape)) * torch.rsqrt(variance.view(shape) + EPSILON)

        layer.register_forward_hook(hook)

    for name, layer in norm_layers(network).items():
        note(name, layer)
    with torch.inference_mode():
        network.eval()(images)
    return met


@architectures
def test_statistics_of_several_tiles_are_those_of_one_batch(name: str, tmp_path: Path) -> None:
    pixels = noise(160, 160)
    tiles = [Tile(0, 0, 64, 64), Tile(96, 32, 64, 64), Tile(32, 96, 64, 64)]
    fields = [Field(ArrayReader(pixels), tile) for tile in tiles]
    found = measure(random_generator(name), fields, device=CPU, room=Room(tmp_path))
    batch = np.concatenate([field.rows(0, 64) for field in fields])
    wanted = of_batch(random_generator(name), to_tensor(batch, CPU))
    assert found.keys() == wanted.keys()
    for layer, (mean, variance) in wanted.items():
        torch.testing.assert_close(found[layer][0], mean, atol=2e-4, rtol=1e-3)
        torch.testing.assert_close(found[layer][1], variance, atol=1e-5, rtol=1e-3)


@architectures
def test_a_network_with_the_statistics_of_an_image_treats_it_as_without(
    name: str, tmp_path: Path
) -> None:
    network, pixels = random_generator(name), noise(64, 96)
    image = to_tensor(pixels[None], CPU)
    found = measure(
        network, [Field(ArrayReader(pixels), Tile(0, 0, 64, 96))], device=CPU, room=Room(tmp_path)
    )
    with torch.inference_mode():
        live = network.eval()(image)
        set_statistics(network, found)
        torch.testing.assert_close(network(image), live, atol=1e-4, rtol=0)


def test_pictures_for_which_there_is_no_room_are_refused_by_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclegan.engines.slabs.free_bytes", lambda _: 0)
    fields = [Field(ArrayReader(noise(64, 64)), Tile(0, 0, 64, 64))]
    with pytest.raises(ImageTooLarge, match="scratch"):
        measure(random_generator(), fields, device=CPU, room=Room(tmp_path, scratch_bytes=1000))
