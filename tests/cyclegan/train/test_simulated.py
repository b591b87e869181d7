"""Simulated MUSE pictures and their H&E."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from cyclegan.errors import TrainingError
from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS
from cyclegan.phantom import grow
from cyclegan.slide_stain import SlideStain, redraw, stain_of
from cyclegan.stains import EOSIN, HAEMATOXYLIN, render, separate
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.regions import Slides
from cyclegan.train.simulated import MARGIN_PX, SimulatedPairs
from cyclegan.train.sources import Source
from tests.cyclegan.images.pictures import save

STILL = AugmentSettings(flip=False, quarter_turns=False)
LOOK = SlideStain(HAEMATOXYLIN, EOSIN, (0.9, 0.5))
CROP_PX = 96


def he(seed: int) -> Pixels:
    tissue = grow(260, 300, seed=seed)
    return render(tissue.nuclear, tissue.counterstain)


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slides]:
    folder = tmp_path_factory.mktemp("he")
    for seed in (1, 2):
        save(folder / f"{seed}.png", he(seed))
    with Slides([Source(path=folder)]) as opened:
        yield opened


def pairs(slides: Slides, **given: Any) -> SimulatedPairs:
    settings: dict[str, Any] = {
        "input": "rgb",
        "stain": None,
        "crop_px": CROP_PX,
        "rigs": 3,
        "seed": 7,
        "augment": AugmentSettings(),
    }
    return SimulatedPairs(slides, **{**settings, **given})


def pixels(images: Tensor) -> Pixels:
    grey = ((images + 1) * 127.5).round().to(torch.uint8)
    return np.asarray(grey.permute(1, 2, 0).numpy())


def is_part(picture: Pixels, whole: Pixels) -> bool:
    corners = np.argwhere((whole == picture[0, 0]).all(axis=-1))
    return any(np.array_equal(whole[y : y + CROP_PX, x : x + CROP_PX], picture) for y, x in corners)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def spread(data: SimulatedPairs) -> float:
    """How much the colours of samples differ, in grey levels."""
    means = [pixels(data[index]["a"]).mean(axis=(0, 1)) for index in range(8)]
    return float(np.std(means, axis=0).max())


@pytest.mark.parametrize("name", INPUTS)
def test_a_sample_is_what_the_network_sees_and_the_truth(slides: Slides, name: str) -> None:
    sample = pairs(slides, input=name)[0]
    assert sample.keys() == {"a", "b"}
    for images in sample.values():
        assert images.shape == (3, CROP_PX, CROP_PX)
        assert images.dtype == torch.float32
        assert -1 <= images.min() < images.max() <= 1


def test_a_sample_depends_on_seed_and_number_alone(slides: Slides) -> None:
    given, again = pairs(slides, input="dyes"), pairs(slides, input="dyes")
    for index in (4, 11):
        given[index]
    sample = again[11]
    for name in ("a", "b"):
        assert torch.equal(given[11][name], sample[name])
        assert not torch.equal(given[12][name], sample[name])
        assert not torch.equal(pairs(slides, input="dyes", seed=8)[11][name], sample[name])


def test_worker_processes_make_the_same_samples_in_any_order(slides: Slides) -> None:
    data = pairs(slides, input="dyes")
    order = [[6, 2], [9, 3]]
    for numbers, batch in zip(
        order, DataLoader(data, batch_sampler=order, num_workers=2), strict=True
    ):
        for name in ("a", "b"):
            assert torch.equal(batch[name], torch.stack([data[index][name] for index in numbers]))


def test_both_show_the_same_tissue_with_nuclei_at_the_same_places(slides: Slides) -> None:
    data = pairs(slides, input="dyes")
    there, beside = [], []
    for index in range(5):
        sample = data[index]
        nuclei, stain = pixels(sample["a"])[..., 0], separate(pixels(sample["b"]))[..., 0]
        there.append(correlation(nuclei, stain))
        beside.append(correlation(nuclei[:, 6:], stain[:, :-6]))
    assert np.mean(there) > 0.7
    assert np.mean(beside) < np.mean(there) - 0.4


def test_the_truth_is_a_part_of_the_slide(slides: Slides) -> None:
    truth = pixels(pairs(slides, augment=STILL)[0]["b"])
    assert any(is_part(truth, he(seed)) for seed in (1, 2))


def test_truths_are_redrawn_in_one_stain_where_one_is_wanted(slides: Slides) -> None:
    own, wanted = pairs(slides)[5], pairs(slides, stain=LOOK)[5]
    assert torch.equal(own["a"], wanted["a"])
    stains = [stain_of(slides.mosaic(file)) for file in range(2)]
    made = [redraw(pixels(own["b"]), stain, LOOK) for stain in stains]
    assert any((picture == pixels(wanted["b"])).all() for picture in made)


def test_a_slide_is_put_under_as_many_microscopes_as_are_wanted(slides: Slides) -> None:
    assert spread(pairs(slides, rigs=12)) > 1.5 * spread(pairs(slides, rigs=1))


def test_the_same_place_is_never_photographed_twice_alike(slides: Slides) -> None:
    data = pairs(slides, rigs=1, augment=STILL, crop_px=212)  # there is one place in each slide
    shots = [data[index] for index in range(4)]
    twins = [
        (one["a"], other["a"])
        for i, one in enumerate(shots)
        for other in shots[:i]
        if torch.equal(one["b"], other["b"])
    ]
    assert twins
    assert not any(torch.equal(*pair) for pair in twins)


def test_files_too_small_for_the_tissue_around_a_crop_are_refused(slides: Slides) -> None:
    largest = 2 * 260 - 2 * MARGIN_PX
    assert pairs(slides, crop_px=largest)
    with pytest.raises(TrainingError, match=r"1\.png is 260 x 300 px .* crops of 522 px"):
        pairs(slides, crop_px=largest + 2)
