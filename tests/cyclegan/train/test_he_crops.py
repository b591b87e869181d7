"""Crops of H&E alone."""

from collections.abc import Iterator

import pytest
import torch

from cyclegan.train.augment import AugmentSettings
from cyclegan.train.colour_jitter import ColourJitter, HedJitter
from cyclegan.train.he_crops import HeCrops
from cyclegan.train.regions import Slides
from cyclegan.train.sources import Source
from tests.cyclegan.images.pictures import noise, save

COLOURED = AugmentSettings(jitter_b=ColourJitter(hed=HedJitter(eosin_sigma=(0.3, 0.4))))
DEGRADED = AugmentSettings(blur_px=2, noise=9)


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slides]:
    path = save(tmp_path_factory.mktemp("sets") / "he.png", noise(120, 100))
    with Slides([Source(path=path)]) as opened:
        yield opened


def crops(slides: Slides, *, seed: int = 0, augment: AugmentSettings | None = None) -> HeCrops:
    return HeCrops(slides, crop_px=48, seed=seed, augment=augment or AugmentSettings())


def test_a_sample_is_a_crop_that_depends_on_seed_and_number_alone(slides: Slides) -> None:
    given, again = crops(slides), crops(slides)
    given[6]
    assert given[7].keys() == {"b"}
    assert given[7]["b"].shape == (3, 48, 48)
    assert torch.equal(given[7]["b"], again[7]["b"])
    assert not torch.equal(given[7]["b"], given[8]["b"])
    assert not torch.equal(given[7]["b"], crops(slides, seed=1)[7]["b"])


def test_what_is_wanted_is_coloured_otherwise_and_never_degraded(slides: Slides) -> None:
    plain = crops(slides)[3]["b"]
    assert not torch.equal(crops(slides, augment=COLOURED)[3]["b"], plain)
    assert torch.equal(crops(slides, augment=DEGRADED)[3]["b"], plain)
