"""Packages that keep the generator that leads back, and what their model knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from cyclegan.engines.engine import Room
from cyclegan.errors import ModelError
from cyclegan.familiar import BOXES, Familiar
from cyclegan.models.calibrate import calibrate
from cyclegan.models.card import ModelCard, read_card
from cyclegan.models.colours import Colours, load_colours
from cyclegan.models.package import keep_colours, save
from cyclegan.models.reverse import WayBack, load_reverse
from cyclegan.models.verify import verify
from tests.cyclegan.generators import random_generator, statistics_of


def familiar(seed: int) -> Familiar:
    return Familiar(np.random.default_rng(seed).random(BOXES) < 0.1)


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    network, back = (random_generator("unet", seed=seed, width=4) for seed in (0, 1))
    return save(
        tmp_path / "both",
        network,
        architecture="unet",
        title="There and back",
        description="",
        statistics=statistics_of(network),
        colours=Colours(familiar(0), pictures=9),
        way_back=WayBack(back, statistics_of(back), architecture="unet", width=4, usual_error=12.0),
    )


def folder_of(card: ModelCard) -> Path:
    assert card.folder is not None
    return card.folder


def told(card: ModelCard, part: str, **changes: object) -> None:
    """Let the descriptor tell something else of a part."""
    path = folder_of(card) / "rdf.yaml"
    content = yaml.safe_load(path.read_text())
    content["config"]["colormapper"][part].update(changes)
    path.write_text(yaml.safe_dump(content))


def test_both_generators_are_loaded_bit_for_bit_and_verified(card: ModelCard) -> None:
    network, statistics = load_reverse(card)
    wanted = random_generator("unet", seed=1, width=4)
    for name, value in wanted.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)
    assert statistics.keys() == statistics_of(wanted).keys()
    assert verify(folder_of(card)) < 0.1


def test_what_is_known_is_kept_and_can_be_replaced_without_touching_anything_else(
    card: ModelCard,
) -> None:
    assert np.array_equal(load_colours(card).known, familiar(0).known)
    files = {path: path.read_bytes() for path in folder_of(card).iterdir()}
    again = keep_colours(card, Colours(familiar(1), pictures=3))
    assert np.array_equal(load_colours(again).known, familiar(1).known)
    changed = {path.name for path, before in files.items() if path.read_bytes() != before}
    assert changed == {"rdf.yaml", "colours.npz"}


@pytest.mark.parametrize("file", ["reverse.safetensors", "reverse-statistics.npz", "colours.npz"])
def test_a_file_that_has_changed_is_found(card: ModelCard, file: str) -> None:
    path = folder_of(card) / file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match=f"its {file} has changed since"):
        verify(folder_of(card))
    path.write_bytes(bytes(data[:-1]))
    with pytest.raises(ModelError, match=f"its {file} has [0-9]+ bytes instead of"):
        read_card(folder_of(card))


def test_a_way_back_that_answers_otherwise_is_found(card: ModelCard) -> None:
    told(card, "reverse", example_error=200.0)
    with pytest.raises(ModelError, match=r"comes back with an error of .* instead of 200\.0"):
        verify(folder_of(card))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"architecture": "ganilla"}, "does not fit ganilla"),
        ({"architecture": "transformer"}, "which this version does not have"),
        ({"bytes": 2**40}, r"reverse\.bytes"),
        ({"path": "../../other"}, r"reverse\.path"),
    ],
)
def test_a_descriptor_that_tells_something_else_is_refused(
    card: ModelCard, changes: dict[str, object], fault: str
) -> None:
    told(card, "reverse", **changes)
    with pytest.raises(ModelError, match=fault):
        load_reverse(read_card(folder_of(card)))


def test_with_other_statistics_the_way_back_goes_and_what_is_known_stays(
    card: ModelCard, pictures: list[Path], tmp_path: Path
) -> None:
    room = tmp_path / "scratch"
    room.mkdir()
    after = calibrate(card, pictures, room=Room(room), device="cpu")
    assert after.reverse is None
    assert not list(folder_of(after).glob("reverse*"))
    assert after.colours == card.colours
    verify(folder_of(after))


def test_a_package_without_them_says_what_to_do(package: Path) -> None:
    card = read_card(package)
    assert (card.colours, card.reverse) == (None, None)
    with pytest.raises(ModelError, match=r"scripts/models\.py colours kidney"):
        load_colours(card)
    with pytest.raises(ModelError, match="keeps no generator that leads back"):
        load_reverse(card)
