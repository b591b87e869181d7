"""Crops of two kinds of images."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import l1_loss
from torch.utils.data import DataLoader

from cyclegan.errors import TrainingError
from cyclegan.inputs import INPUTS
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.colour_jitter import ColourJitter, ContrastJitter
from cyclegan.train.regions import Slides
from cyclegan.train.sources import Source
from cyclegan.train.tensors import as_tensor
from cyclegan.train.unpaired import UnpairedCrops
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.images.pictures import noise, save

MUSE, HE = noise(120, 100) // 3, noise(100, 110, seed=1)
STILL = AugmentSettings(flip=False, quarter_turns=False)
STRONG = AugmentSettings(rotate_degrees=20, blur_px=1, noise=4)
DULL = ColourJitter(contrast=ContrastJitter(sigma=(-0.5, -0.5)))

Sides = tuple[Slides, Slides]


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder = tmp_path_factory.mktemp("sets")
    muse = Source(path=save(folder / "muse.png", MUSE))
    he = Source(path=save(folder / "he.png", HE))
    with Slides([muse]) as a, Slides([he]) as b:
        yield a, b


def crops(sides: Sides, **given: Any) -> UnpairedCrops:
    settings: dict[str, Any] = {"input": "rgb", "crop_px": 48, "seed": 3, "augment": STILL}
    return UnpairedCrops(*sides, **{**settings, **given})


def is_part(picture: torch.Tensor, whole: np.ndarray) -> bool:
    windows = as_tensor(whole).unfold(1, 48, 1).unfold(2, 48, 1)
    return bool((windows == picture[:, None, None]).all(dim=(0, 3, 4)).any())


def test_a_sample_has_a_crop_of_each_kind(sides: Sides) -> None:
    sample = crops(sides)[0]
    assert sample.keys() == {"a", "b"}
    assert is_part(sample["a"], MUSE)
    assert is_part(sample["b"], HE)


def test_a_sample_depends_on_seed_and_number_alone(sides: Sides) -> None:
    one, other = crops(sides, augment=STRONG), crops(sides, augment=STRONG)
    other[8]
    for name in ("a", "b"):
        assert torch.equal(one[9][name], other[9][name])
        assert not torch.equal(one[9][name], one[10][name])
        assert not torch.equal(one[9][name], crops(sides, augment=STRONG, seed=4)[9][name])


def test_worker_processes_make_the_same_samples(sides: Sides) -> None:
    data = crops(sides, augment=STRONG, input="dyes")
    loader = DataLoader(data, sampler=range(5, 9), batch_size=2, num_workers=2)
    for first, batch in zip((5, 7), loader, strict=True):
        for name in ("a", "b"):
            assert torch.equal(batch[name], torch.stack([data[first][name], data[first + 1][name]]))


def test_what_the_network_sees_is_seen_as_the_whole_file_is(sides: Sides) -> None:
    inverted, plain = crops(sides, input="invert-rgb")[2], crops(sides)[2]
    assert torch.allclose(inverted["a"], -plain["a"], atol=1e-6)
    assert torch.equal(inverted["b"], plain["b"])


def test_the_fit_of_a_view_differs_somewhat_from_that_of_the_whole_file(sides: Sides) -> None:
    crop = ((crops(sides)[0]["a"] + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()
    exact, of_the_other = (
        as_tensor(INPUTS["dyes"](ArrayReader(whole))(crop)) for whole in (MUSE, HE)
    )
    seen = crops(sides, input="dyes")[0]["a"]
    assert not torch.equal(seen, exact)
    assert 3 * l1_loss(seen, exact) < l1_loss(seen, of_the_other)


def test_each_side_has_a_jitter_of_its_own(sides: Sides) -> None:
    plain = crops(sides)[1]
    dull = crops(sides, augment=STILL.model_copy(update={"jitter_a": DULL}))[1]
    assert dull["a"].std() < 0.75 * plain["a"].std()
    assert torch.equal(dull["b"], plain["b"])
    dull = crops(sides, augment=STILL.model_copy(update={"jitter_b": DULL}))[1]
    assert torch.equal(dull["a"], plain["a"])
    assert dull["b"].std() < 0.75 * plain["b"].std()


def test_only_what_the_network_sees_is_blurred_and_noisy(sides: Sides) -> None:
    sample = crops(sides, augment=STILL.model_copy(update={"blur_px": 3.0, "noise": 9.0}))[1]
    assert not is_part(sample["a"], MUSE)
    assert is_part(sample["b"], HE)


def test_files_too_small_for_what_turning_takes_are_refused(sides: Sides) -> None:
    crops(sides, crop_px=192)
    with pytest.raises(TrainingError, match=r"muse\.png is 120 x 100 px .* crops of 2\d\d px"):
        crops(sides, crop_px=192, augment=STRONG)
