"""The generator's source as one file, as other programs run it."""

import ast
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cyclegan.models.card import read_card
from cyclegan.models.package import load, load_statistics
from cyclegan.models.source import source
from cyclegan.networks import GENERATORS
from cyclegan.networks.norm import set_statistics
from tests.cyclegan.generators import random_generator

architectures = pytest.mark.parametrize("architecture", GENERATORS)


def made(text: str, name: str, *, width: int = 64) -> nn.Module:
    scope: dict[str, type[nn.Module]] = {}
    exec(compile(text, "generator.py", "exec"), scope)  # noqa: S102 - our own source
    return scope[name](width)


def answer(network: nn.Module) -> Tensor:
    torch.manual_seed(0)
    with torch.inference_mode():
        translated: Tensor = network.eval()(torch.rand(2, 3, 64, 32) * 2 - 1)
    return translated


@architectures
def test_the_file_makes_the_same_network(architecture: str) -> None:
    network = random_generator(architecture)
    other = made(*source(network))
    other.load_state_dict(network.state_dict())
    assert torch.equal(answer(other), answer(network))


def test_the_file_with_statistics_makes_the_network_that_has_them(calibrated: Path) -> None:
    card = read_card(calibrated)
    network, statistics = load(card), load_statistics(card)
    other = made((calibrated / "generator.py").read_text(), "FrozenGanilla")
    other.load_state_dict(torch.load(calibrated / "weights.pt", weights_only=True))
    set_statistics(network, statistics)
    assert torch.equal(answer(other), answer(network))


def test_statistics_follow_the_image_to_its_device(calibrated: Path) -> None:
    network = made((calibrated / "generator.py").read_text(), "FrozenGanilla").to("meta")
    assert network(torch.zeros(1, 3, 32, 32, device="meta")).device.type == "meta"


@architectures
def test_nothing_of_this_program_is_imported(architecture: str) -> None:
    text, _ = source(random_generator(architecture))
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert not [node.module for node in nodes if str(node.module).startswith("cyclegan")]


@architectures
def test_no_two_modules_in_the_file_share_a_name(architecture: str) -> None:
    text, _ = source(random_generator(architecture))
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = Counter(node.name for node in ast.parse(text).body if isinstance(node, kinds))
    assert [name for name, count in names.items() if count > 1] == []
