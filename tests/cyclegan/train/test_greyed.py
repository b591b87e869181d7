"""H&E and the same in grey."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cyclegan.inputs.grey import grey
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.colour_jitter import ColourJitter, HsbJitter
from cyclegan.train.greyed import GreyedCrops
from cyclegan.train.regions import Slides
from cyclegan.train.sources import Source
from cyclegan.train.tensors import as_tensor
from tests.cyclegan.images.pictures import noise, save

STRONG = AugmentSettings(
    rotate_degrees=20,
    noise=4,
    jitter_b=ColourJitter(hsb=HsbJitter(brightness_sigma=(-0.4, -0.2))),
)


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slides]:
    path: Path = save(tmp_path_factory.mktemp("sets") / "he.png", noise(120, 100))
    with Slides([Source(path=path)]) as opened:
        yield opened


def test_a_sample_is_a_crop_in_grey_and_in_colours(slides: Slides) -> None:
    sample = GreyedCrops(slides, crop_px=48, seed=0, augment=AugmentSettings())[3]
    crop = ((sample["b"] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()
    assert torch.equal(sample["a"], as_tensor(grey(crop)))


def test_only_the_grey_is_degraded(slides: Slides) -> None:
    plain = GreyedCrops(slides, crop_px=48, seed=0, augment=AugmentSettings(rotate_degrees=20))
    given = GreyedCrops(slides, crop_px=48, seed=0, augment=STRONG)
    assert torch.equal(given[3]["b"], plain[3]["b"])
    assert given[3]["a"].mean() < plain[3]["a"].mean() - 0.1


def test_a_sample_depends_on_seed_and_number_alone(slides: Slides) -> None:
    given, again = (GreyedCrops(slides, crop_px=48, seed=5, augment=STRONG) for _ in range(2))
    given[6]
    assert torch.equal(given[7]["a"], again[7]["a"])
    assert not torch.equal(given[7]["a"], given[8]["a"])
    other = GreyedCrops(slides, crop_px=48, seed=6, augment=STRONG)
    assert not torch.equal(given[7]["a"], other[7]["a"])
