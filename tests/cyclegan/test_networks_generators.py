"""What every generator keeps to, and the answers of the public ones to made weights.

The weights and the input come from formulas; the wanted values were computed with the public
implementations of giddyyupp/ganilla and junyanz/pytorch-CycleGAN-and-pix2pix.
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from cyclegan.networks import GENERATORS
from cyclegan.networks.norm import InstanceNorm

# Mean, standard deviation, and the values at [0,0,0], [1,48,64], [2,95,127], [0,17,101].
GOLDEN = {
    "ganilla": (0.145471, 0.500163, 0.410103, -0.272286, -0.142207, -0.653162),
    "resnet_9blocks": (0.184334, 0.638391, 0.725992, -0.706418, -0.000786, 0.812466),
}
PARAMETERS = {"ganilla": 7_228_419, "resnet_9blocks": 11_378_179}
TENSORS = {"ganilla": 41, "resnet_9blocks": 48}
NORMS = {"ganilla": 28, "resnet_9blocks": 23}


public = pytest.mark.parametrize("name", GOLDEN)


def made_weights(shape: torch.Size, number: int) -> Tensor:
    """Values in -0.05..0.05 from a hash of the tensor's number and the flat index."""
    index = np.arange(shape.numel(), dtype=np.uint64)
    low = np.uint64(2**32 - 1)
    value = (np.uint64(2654435761) * index + np.uint64(40503 * number + 12345)) & low
    value = (np.uint64(2246822519) * value) & low
    value ^= value >> np.uint64(13)
    value = (np.uint64(3266489917) * value) & low
    value ^= value >> np.uint64(16)
    return torch.from_numpy(0.1 * (value / 2**32 - 0.5)).float().reshape(shape)


def made_input() -> Tensor:
    """(1, 3, 96, 128) float32 in -1..1."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(96), np.arange(128), indexing="ij")
    waves = np.sin(0.11 * (c + 1) * y + 0.3 * c) * np.cos(0.07 * (c + 1) * x + 0.02 * y)
    return torch.from_numpy(waves).float()[None]


@public
def test_generator_answers_as_the_public_implementation(name: str) -> None:
    network = GENERATORS[name]().eval()
    shapes = {key: value.shape for key, value in network.state_dict().items()}
    made = {key: made_weights(shapes[key], number) for number, key in enumerate(sorted(shapes))}
    network.load_state_dict(made, strict=True)
    with torch.inference_mode():
        answer = network(made_input())[0]
    samples = (answer[0, 0, 0], answer[1, 48, 64], answer[2, 95, 127], answer[0, 17, 101])
    met = torch.stack((answer.mean(), answer.std(), *samples))
    torch.testing.assert_close(met, torch.tensor(GOLDEN[name]), atol=1e-4, rtol=0)


@public
def test_generator_has_the_public_number_of_weights(name: str) -> None:
    state = GENERATORS[name]().state_dict()
    assert (len(state), sum(v.numel() for v in state.values())) == (TENSORS[name], PARAMETERS[name])


@public
def test_generator_has_the_public_number_of_norm_layers(name: str) -> None:
    layers = [m for m in GENERATORS[name]().modules() if isinstance(m, InstanceNorm)]
    assert len(layers) == NORMS[name]


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("steps", [(0, 0), (1, 3)])
def test_generator_keeps_the_size_of_what_it_takes(name: str, steps: tuple[int, int]) -> None:
    network = GENERATORS[name]().eval()
    height, width = (network.smallest + step * network.multiple for step in steps)
    with torch.inference_mode():
        answer = network(torch.zeros(2, 3, height, width))
    assert answer.shape == (2, 3, height, width)


@pytest.mark.parametrize("name", GENERATORS)
def test_generator_treats_each_patch_of_a_batch_by_itself(name: str) -> None:
    torch.manual_seed(0)
    network = GENERATORS[name]().eval()
    patches = torch.rand(2, 3, 48, 64) * 2 - 1
    with torch.inference_mode():
        together = network(patches)
        apart = torch.cat([network(patch[None]) for patch in patches])
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_narrow_generator_has_the_same_layers_with_fewer_channels(name: str) -> None:
    narrow, public = GENERATORS[name](6), GENERATORS[name]()
    assert narrow.state_dict().keys() == public.state_dict().keys()
    assert next(iter(narrow.parameters())).shape[0] == 6
    smallest = (3, narrow.smallest, narrow.smallest)
    with torch.inference_mode():
        assert narrow.eval()(torch.zeros(1, *smallest)).shape == (1, *smallest)
