"""Statistics measured over images and kept in a package."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cyclegan.engines.engine import Room, Watch
from cyclegan.engines.tensors import to_tensor
from cyclegan.errors import Cancelled, CorruptImage, ModelError
from cyclegan.models.bundled import SHIPPED
from cyclegan.models.calibrate import calibrate
from cyclegan.models.card import read_card
from cyclegan.models.package import load, load_statistics
from cyclegan.models.verify import verify
from cyclegan.networks.ganilla import Ganilla


def first_layer(package: Path, pictures: list[Path]) -> list[torch.Tensor]:
    """What the first norm layer is given for each of the pictures, (channels, pixels)."""
    network = load(read_card(package))
    assert isinstance(network, Ganilla)
    images = [np.asarray(Image.open(path)) for path in pictures]
    # Sizes that the network does not take are mirrored at the end.
    sides = [-len(image) % network.multiple for image in images]
    padded = [
        np.pad(image, ((0, side), (0, side), (0, 0)), mode="reflect")
        for image, side in zip(images, sides, strict=True)
    ]
    with torch.inference_mode():
        return [
            network.conv1(to_tensor(image[None], torch.device("cpu")))[0].flatten(1)
            for image in padded
        ]


def test_statistics_are_those_of_all_images_together(
    calibrated: Path, pictures: list[Path]
) -> None:
    values = torch.cat(first_layer(calibrated, pictures), dim=1)
    mean, variance = load_statistics(read_card(calibrated))["norm1"]
    torch.testing.assert_close(mean, values.mean(dim=1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(variance, values.var(dim=1, correction=0), atol=1e-5, rtol=1e-4)


def test_the_card_tells_what_was_measured(calibrated: Path, pictures: list[Path]) -> None:
    kept = read_card(calibrated).statistics
    assert kept is not None
    assert kept.images == tuple(hashlib.sha256(p.read_bytes()).hexdigest() for p in pictures)
    assert kept.megapixels == kept.measured_megapixels == (90 * 90 + 64 * 64) / 1e6


def test_a_calibrated_package_answers_as_recorded(calibrated: Path) -> None:
    assert verify(calibrated) <= 0.01


def test_a_calibrated_package_has_another_answer_on_record(
    calibrated: Path, imported: Path
) -> None:
    records = [np.load(folder / "test-output.npy") for folder in (calibrated, imported)]
    assert np.abs(records[0] - records[1]).max() > 1


def test_a_file_that_is_no_image_is_named_and_the_package_stays(
    package: Path, pictures: list[Path], tmp_path: Path
) -> None:
    before = read_card(package)
    bad = tmp_path / "bad.png"
    bad.write_bytes(pictures[0].read_bytes()[:200])
    with pytest.raises(CorruptImage, match=r"^bad\.png: "):
        calibrate(before, [*pictures, bad], room=Room(tmp_path), device="cpu")
    assert read_card(package) == before


def test_a_link_to_nothing_is_named(package: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("away.png")
    with pytest.raises(ModelError, match=r"^a\.png cannot be read: No such file"):
        calibrate(read_card(package), [tmp_path / "a.png"], room=Room(tmp_path))


def test_without_images_there_is_nothing_to_measure(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no image to measure"):
        calibrate(read_card(package), [], room=Room(tmp_path), device="cpu")


def test_what_comes_with_the_program_stays_as_it_is(imported: Path, tmp_path: Path) -> None:
    card = replace(read_card(imported), folder=SHIPPED / "kidney")
    with pytest.raises(ModelError, match="comes with the program and stays as it is; copy"):
        calibrate(card, [], room=Room(tmp_path), device="cpu")


def test_a_measurement_can_be_stopped(package: Path, pictures: list[Path], tmp_path: Path) -> None:
    before = read_card(package)
    watch = Watch(cancelled=lambda: True)
    with pytest.raises(Cancelled):
        calibrate(before, pictures, room=Room(tmp_path), device="cpu", watch=watch)
    assert read_card(package) == before
