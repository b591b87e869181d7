"""Packages that a training ends with: narrow networks, views, statistics, and how it went."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from pydantic import ValidationError

from cyclegan.engines.engine import Room
from cyclegan.errors import ModelError
from cyclegan.images.picture import Picture
from cyclegan.inputs import INPUTS
from cyclegan.models.calibrate import calibrate
from cyclegan.models.card import Calibration, ModelCard, read_card
from cyclegan.models.example import example_image
from cyclegan.models.package import load, load_statistics, open_engine, save
from cyclegan.models.record import Scores, TrainingRecord
from cyclegan.models.verify import verify
from cyclegan.networks import GENERATORS, Generator
from cyclegan.translate import prepare
from tests.cyclegan.arrays import ArrayReader, noise
from tests.cyclegan.generators import head_of, random_generator, statistics_of
from tests.cyclegan.models.conftest import RECORD


@pytest.mark.parametrize("architecture", GENERATORS)
def test_a_network_of_any_width_comes_back(tmp_path: Path, architecture: str) -> None:
    network = random_generator(architecture, width=6)
    card = save(tmp_path / "a", network, architecture=architecture, title="A", description="")
    met, wanted = load(card).state_dict(), network.state_dict()
    assert card.width == 6
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


def test_the_card_tells_how_the_model_was_trained(trained: Path) -> None:
    card = read_card(trained)
    assert (card.width, card.input, card.spacing_um) == (4, "dyes", 0.5)
    assert card.training == RECORD


def test_statistics_of_a_training_come_back_and_are_said_to_be_such(trained: Path) -> None:
    card = read_card(trained)
    assert card.statistics
    assert (card.statistics.origin, card.statistics.images) == ("training", ())
    wanted = statistics_of(random_generator(width=4))
    for name, (mean, variance) in load_statistics(card).items():
        assert torch.equal(mean, wanted[name][0])
        assert torch.equal(variance, wanted[name][1])


def test_a_trained_package_answers_as_recorded(trained: Path) -> None:
    assert verify(trained) <= 0.01


def test_the_test_image_is_what_the_network_sees(trained: Path) -> None:
    met = np.load(trained / "test-input.npy")[0].transpose(1, 2, 0)
    image = example_image(len(met))
    assert np.array_equal(met, INPUTS["dyes"](Picture(image))(image))


def test_a_served_package_sees_through_its_view_with_its_statistics(
    trained: Path, tmp_path: Path
) -> None:
    engine = open_engine(read_card(trained), device="cpu")
    with prepare(ArrayReader(noise(64, 48)), engine, room=Room(tmp_path)) as plan:
        told = plan.provenance()
    assert told["statistics"] == "model"
    assert told["view"] == INPUTS["dyes"](ArrayReader(noise(64, 48))).provenance()


def test_the_descriptor_makes_a_network_of_that_width(trained: Path) -> None:
    content = yaml.safe_load((trained / "rdf.yaml").read_text())
    architecture = content["weights"]["pytorch_state_dict"]["architecture"]
    assert (architecture["callable"], architecture["kwargs"]) == ("FrozenGanilla", {"width": 4})


def test_the_readme_tells_training_credits_limits_and_scores(trained: Path) -> None:
    text = (trained / "README.md").read_text()
    told = [RECORD.trained_on, RECORD.limits, "Made slides, Ada, CC0 1.0", "| ssim | 0.9 |"]
    assert [words for words in told if words not in text] == []
    assert "mean and variance, those that it was trained with" in text


def test_a_cover_that_was_given_is_the_cover(tmp_path: Path) -> None:
    cover = noise(20, 30)
    network = random_generator("resnet_9blocks", width=4)
    save(
        tmp_path / "a",
        network,
        architecture="resnet_9blocks",
        title="A network",
        description="",
        cover=cover,
    )
    with Image.open(tmp_path / "a" / "cover.png") as met:
        assert np.array_equal(np.asarray(met), cover)


def test_half_precision_is_kept_only_where_nobody_sees_it(tmp_path: Path) -> None:
    dull, loud = (random_generator("resnet_9blocks", width=4) for _ in range(2))
    with torch.no_grad():
        head_of(dull).weight.mul_(0.1)
        head_of(loud).weight.mul_(1000)

    def saved(network: Generator, name: str) -> ModelCard:
        return save(
            tmp_path / name,
            network,
            architecture="resnet_9blocks",
            title="A network",
            description="",
            precision="float16",
        )

    halves = [saved(dull, "a"), saved(loud, "b")]
    sizes = [(tmp_path / card.name / "weights.safetensors").stat().st_size for card in halves]
    assert sizes[0] < 0.6 * sizes[1]
    assert verify(tmp_path / "a") <= 0.01


def test_statistics_of_another_network_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises((ModelError, RuntimeError)):
        save(
            tmp_path / "a",
            random_generator(width=4),
            architecture="ganilla",
            title="A network",
            description="",
            statistics=statistics_of(random_generator(width=6)),
        )
    assert list(tmp_path.iterdir()) == []


def test_calibrating_drops_scores_that_were_measured_with_other_statistics(
    trained: Path, pictures: list[Path], tmp_path: Path
) -> None:
    copy = tmp_path / "models" / "ours"
    shutil.copytree(trained, copy)
    card = calibrate(read_card(copy), pictures, room=Room(tmp_path), device="cpu")
    assert card.statistics
    assert card.statistics.origin == "images"
    assert card.training == RECORD.model_copy(update={"scores": None})
    assert (card.width, card.input) == (4, "dyes")
    assert verify(copy) <= 0.01


def test_a_view_of_a_later_version_is_refused(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ours"
    shutil.copytree(trained, copy)
    path = copy / "rdf.yaml"
    path.write_text(path.read_text().replace("input: dyes", "input: infrared"))
    with pytest.raises(ModelError, match="has the input infrared, which this version"):
        load(read_card(copy))


def test_weights_of_another_width_are_refused(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ours"
    shutil.copytree(trained, copy)
    path = copy / "rdf.yaml"
    path.write_text(path.read_text().replace("    width: 4", "    width: 5"))
    with pytest.raises(ModelError, match="does not fit ganilla of width 5"):
        load(read_card(copy))


@pytest.mark.parametrize(
    "told", [{"origin": "images"}, {"origin": "training", "images": ["0" * 64]}]
)
def test_statistics_say_either_images_or_training(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="measured on images name these"):
        Calibration.model_validate({"sha256": "0" * 64, "bytes": 1, **told})


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        Scores(measured_on="four slides", values={"ssim": float("nan")})


def test_a_record_without_limits_is_refused() -> None:
    with pytest.raises(ValidationError, match="limits"):
        TrainingRecord.model_validate({"trained_on": "many slides"})
