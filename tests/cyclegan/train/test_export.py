"""The package at the end of a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cyclegan.engines.engine import Room
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.images.preview import means
from cyclegan.inputs import INPUTS
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.colours import load_colours
from cyclegan.models.reverse import load_reverse
from cyclegan.models.verify import verify
from cyclegan.phantom import grow
from cyclegan.simulate import expose
from cyclegan.train import checkpoint
from cyclegan.train.course import CHECKPOINTS
from cyclegan.train.data import open_data
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks.supervised import Supervised
from cyclegan.train.team import Team
from cyclegan.train.trainer import train
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter
from tests.cyclegan.train.tiny import make_images, settings_for

Run = tuple[TrainSettings, ModelCard]

CPU = torch.device("cpu")


def folder_of(card: ModelCard) -> Path:
    assert card.folder is not None
    return card.folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    settings = settings_for(make_images(folder / "images"), "paired", average=0.5)
    card = train(settings, folder / "run")
    assert card is not None
    return settings, card


def test_it_says_what_it_sees_at_which_spacing_and_how_it_was_trained(run: Run) -> None:
    settings, card = run
    assert (card.name, card.input, card.spacing_um, card.width) == ("tiny", "dyes", 0.5, 8)
    assert card.statistics is not None
    assert card.statistics.origin == "training"
    assert card.training is not None
    assert card.training.settings == settings.model_dump(mode="json")
    assert "diagnosis" in card.training.limits
    with open_data(settings) as data:
        assert card.training.stain == data.stain is not None


def test_its_scores_say_that_serving_repeats_training_to_a_grey_level(run: Run) -> None:
    _, card = run
    assert card.training is not None
    assert card.training.scores is not None
    values = card.training.scores.values
    assert values["served_max"] <= 1
    assert values["own_statistics"] > 1
    assert {"held_out_ssim", "held_out_mae"} <= values.keys()


def test_it_answers_as_recorded(run: Run) -> None:
    assert verify(folder_of(run[1])) < 0.1


def test_the_service_paints_with_it_as_the_training_did(run: Run, tmp_path: Path) -> None:
    settings, card = run
    tissue = grow(64, 96, seed=9)
    reader = ArrayReader(expose(tissue.nuclear, tissue.counterstain).muse)
    writer = ArrayWriter(96)
    package = folder_of(card)
    engine = Catalogue(package.parent).engine(package.name, device="cpu")
    with prepare(reader, engine, room=Room(tmp_path)) as plan:
        translate(reader, writer, plan)
    learner = Supervised(settings, Team(CPU))
    state = checkpoint.load_latest(package.parents[1] / CHECKPOINTS)
    assert state
    learner.load_state_dict(state["learner"])
    seen = to_tensor(INPUTS["dyes"](reader)(reader.read(0, 0, 64, 96))[None], CPU)
    trained = to_pixels(learner.show({"a": seen, "b": seen})["translation"])[0]
    assert np.abs(writer.pixels.astype(int) - trained).max() <= 1


def test_it_tells_what_colours_it_was_trained_on(run: Run) -> None:
    settings, card = run
    assert card.colours is not None
    assert card.colours.pictures == settings.steps * settings.batch
    with open_data(settings) as data:
        assert data.draw is not None
        picture, view = data.draw(0)
    assert load_colours(card).strange(means(picture, 2), view).mean() < 0.05
    assert card.reverse is None


def test_who_has_a_generator_that_leads_back_keeps_it_unless_told_not_to(tmp_path: Path) -> None:
    images = make_images(tmp_path / "images")
    card = train(settings_for(images, "cyclegan"), tmp_path / "run")
    assert card is not None
    assert card.reverse is not None
    verify(folder_of(card))
    state = checkpoint.load_latest(tmp_path / "run" / CHECKPOINTS)
    assert state
    network, _ = load_reverse(card)
    trained = state["learner"]["generator_1"]
    for name, kept in network.state_dict().items():
        assert torch.equal(kept, trained[name].half().float()) or torch.equal(kept, trained[name])
    without = {"cyclegan": {"keep_reverse": False}}
    card = train(settings_for(images, "cyclegan", **without), tmp_path / "other")
    assert card is not None
    assert card.reverse is None
    assert not list(folder_of(card).glob("reverse*"))


def test_a_run_gone_on_with_after_its_end_makes_the_same_package_again(run: Run) -> None:
    settings, card = run
    weights = folder_of(card) / card.weights
    before = weights.read_bytes()
    weights.write_bytes(b"spoiled")
    again = train(settings, folder_of(card).parents[1], resume=True)
    assert again is not None
    assert folder_of(again) == folder_of(card)
    assert weights.read_bytes() == before
