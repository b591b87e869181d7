"""Which pictures a run sees, and in what order."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cyclegan.errors import SettingsError
from cyclegan.phantom import grow
from cyclegan.stains import Colouring, render
from cyclegan.train.data import HELD_OUT, Data, batches, held_out_sample, open_data
from cyclegan.train.settings import TrainSettings
from tests.cyclegan.images.pictures import noise, save

MODEL = {"name": "small", "title": "Small model", "description": "", "input": "invert-grey"}
TASKS = ("cyclegan", "paired", "colorize")
STRONG = {"rotate_degrees": 30, "scale": (0.8, 1.25), "blur_px": 2, "noise": 9}


class Numbers(Dataset[dict[str, Tensor]]):
    """Samples that are their own numbers."""

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {"a": torch.tensor(index)}


def settings(task: str = "colorize", **others: Any) -> TrainSettings:
    given = {"task": task, "model": MODEL, "data": {}, "crop_px": 48, "workers": 0, **others}
    return TrainSettings.model_validate(given)


def short(**others: Any) -> TrainSettings:
    """Twelve steps."""
    return settings(epoch_steps=4, epochs=1, epochs_decay=2, **others)


def drawn(
    wanted: TrainSettings, *, first: int = 0, rank: int = 0, size: int = 1
) -> list[list[int]]:
    """The numbers of the samples of each step."""
    steps = batches(Numbers(), wanted, first=first, rank=rank, size=size)
    return [[number for batch in step for number in batch["a"].tolist()] for step in steps]


def test_every_step_has_the_samples_after_those_of_the_step_before() -> None:
    steps = drawn(short(batch=3))
    assert len(steps) == 12
    assert [number for step in steps for number in step] == list(range(36))


def test_a_step_has_as_many_batches_as_are_added_up() -> None:
    step = next(batches(Numbers(), short(batch=2, accumulate=3), first=1, rank=0, size=1))
    assert [batch["a"].tolist() for batch in step] == [[6, 7], [8, 9], [10, 11]]


@pytest.mark.parametrize("accumulate", [1, 2])
def test_processes_share_the_samples_of_a_step_and_none_draws_that_of_another(
    accumulate: int,
) -> None:
    wanted = short(batch=2, accumulate=accumulate)
    together = [drawn(wanted, rank=rank, size=3) for rank in range(3)]
    for step, parts in enumerate(zip(*together, strict=True)):
        numbers = sorted(number for part in parts for number in part)
        count = 6 * accumulate
        assert numbers == list(range(step * count, (step + 1) * count))


@pytest.mark.parametrize("first", [1, 5, 12])
def test_a_run_that_goes_on_draws_what_it_would_have_drawn(first: int) -> None:
    wanted = short(batch=2, accumulate=2)
    assert drawn(wanted, first=first, rank=1, size=2) == drawn(wanted, rank=1, size=2)[first:]


def test_worker_processes_keep_the_order() -> None:
    wanted = short(batch=2, workers=2)
    assert drawn(wanted, first=8) == drawn(wanted.model_copy(update={"workers": 0}), first=8)


def test_drawing_leaves_the_random_numbers_of_the_run_alone() -> None:
    before = torch.get_rng_state()
    list(islice(batches(Numbers(), short(), first=0, rank=0, size=1), 3))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images as the public project has them; A is MUSE, or H&E from which it is simulated."""
    root: Path = tmp_path_factory.mktemp("images")
    for seed, name in enumerate(("trainA", "trainB", "testA", "testB")):
        (root / name).mkdir()
        tissue = grow(150, 160, seed=seed)
        look = Colouring(nuclear_k=1 + 0.2 * seed)
        save(root / name / "one.png", render(tissue.nuclear, tissue.counterstain, look))
    return root


def of(folder: Path, task: str, *, rigs: int = 0, **others: Any) -> TrainSettings:
    data = {"folder": folder, "rigs": rigs or int(task == "paired"), **others.pop("data", {})}
    return settings(task, data=data, **others)


@pytest.fixture(scope="module", params=TASKS)
def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, Data]]:
    """A task, and its pictures."""
    with open_data(of(folder, request.param)) as data:
        yield request.param, data


def test_each_task_has_pictures_to_learn_from_and_others_to_measure_on(
    opened: tuple[str, Data],
) -> None:
    _, data = opened
    assert data.held_out is not None
    for pictures in (data.training[0], data.held_out[0]):
        assert {name: images.shape for name, images in pictures.items()} == {
            "a": (3, 48, 48),
            "b": (3, 48, 48),
        }
    assert not torch.equal(data.training[0]["b"], data.held_out[0]["b"])


def test_what_is_measured_on_is_not_augmented(folder: Path, opened: tuple[str, Data]) -> None:
    task, plain = opened
    with open_data(of(folder, task, augment=STRONG)) as strong:
        assert plain.held_out is not None
        assert strong.held_out is not None
        for name in ("a", "b"):
            assert torch.equal(strong.held_out[1][name], plain.held_out[1][name])
            assert not torch.equal(strong.training[1][name], plain.training[1][name])


def test_pictures_to_measure_on_come_as_one_batch(opened: tuple[str, Data]) -> None:
    _, data = opened
    sample = held_out_sample(data)
    assert sample is not None
    assert data.held_out is not None
    assert sample["a"].shape == (HELD_OUT, 3, 48, 48)
    assert torch.equal(sample["b"][7], data.held_out[7]["b"])


def test_without_pictures_to_measure_on_there_are_none(folder: Path) -> None:
    train = {"train_b": [{"path": folder / "trainB"}]}
    with open_data(settings(data=train)) as data:
        assert data.held_out is None
        assert held_out_sample(data) is None


@pytest.mark.parametrize(
    ("task", "field", "name"),
    [
        ("cyclegan", "train_a", "trainA"),
        ("cyclegan", "train_b", "trainB"),
        ("paired", "train_b", "trainB"),
        ("colorize", "train_b", "trainB"),
    ],
)
def test_images_that_are_missing_are_asked_for(
    folder: Path, task: str, field: str, name: str
) -> None:
    others = {"train_a", "train_b"} - {field}
    data = {one: [{"path": folder / "trainA"}] for one in others}
    wanted = settings(task, data={**data, "rigs": 1})
    with (
        pytest.raises(SettingsError, match=rf"{task} needs images for data\.{field}.* into {name}"),
        open_data(wanted),
    ):
        pass


@pytest.mark.parametrize("task", TASKS)
def test_a_slide_that_is_trained_on_cannot_be_measured_on(folder: Path, task: str) -> None:
    seen = {"test_b": [{"path": folder / "trainB"}]}
    with (
        pytest.raises(SettingsError, match=r"trainB/one\.png is held out, and it"),
        open_data(of(folder, task, data=seen)),
    ):
        pass


def test_truths_are_of_one_stain_unless_each_slide_is_to_keep_its_own(folder: Path) -> None:
    kept = {}
    for same in (True, False):
        with open_data(of(folder, "paired", data={"same_stain": same})) as data:
            assert data.held_out is not None
            kept[same] = data.held_out[2]
    assert torch.equal(kept[True]["a"], kept[False]["a"])
    # The slide held out was stained more strongly than that which is trained on.
    assert kept[True]["b"].mean() > kept[False]["b"].mean() + 0.02


def test_unpaired_training_can_simulate_its_muse_from_slides_of_their_own(folder: Path) -> None:
    dark = {"jitter_b": {"hsb": {"brightness_sigma": (-0.5, -0.5)}}}
    sides = {f"train_{side}": [{"path": folder / f"train{side.upper()}"}] for side in "ab"}
    made = []
    for rigs, augment in ((0, {}), (2, {}), (2, dark)):
        wanted = settings("cyclegan", data={**sides, "rigs": rigs}, augment=augment)
        with open_data(wanted) as data:
            made.append(data.training[3])
    real, simulated, coloured = made
    assert torch.equal(simulated["b"], real["b"])
    assert not torch.equal(simulated["a"], real["a"])
    assert torch.equal(simulated["a"], coloured["a"])
    assert coloured["b"].mean() < simulated["b"].mean() - 0.3


def test_files_are_closed_when_the_run_ends(tmp_path: Path) -> None:
    source = {"train_b": [{"path": save(tmp_path / "he.png", noise(90, 80))}]}
    with open_data(settings(data=source)) as data:
        assert data.training[0]
    with pytest.raises(ValueError, match="closed"):
        assert data.training[0]


@pytest.fixture(scope="module")
def beside(folder: Path) -> Iterator[tuple[TrainSettings, Data]]:
    """Pairs in batches of four, each with one real picture beside them."""
    wanted = of(
        folder,
        "paired",
        model={**MODEL, "input": "dyes"},
        paired={"real": {"per_batch": 1}},
        batch=4,
    )
    with open_data(wanted) as data:
        yield wanted, data


def test_each_batch_of_pairs_has_the_wanted_number_of_real_pictures(
    folder: Path, beside: tuple[TrainSettings, Data]
) -> None:
    wanted, data = beside
    steps = list(islice(batches(data.training, wanted, first=0, rank=0, size=1), 2))
    shapes = [{name: len(images) for name, images in batch.items()} for (batch,) in steps]
    assert shapes == [{"a": 4, "b": 4, "real": 1}] * 2
    assert not torch.equal(steps[0][0]["real"], steps[1][0]["real"])
    with open_data(wanted.model_copy(update={"paired": settings().paired})) as alone:
        for name in ("a", "b"):
            assert torch.equal(steps[0][0][name][1], alone.training[1][name])


def test_processes_of_a_team_have_as_many_real_pictures_and_other_ones(
    beside: tuple[TrainSettings, Data],
) -> None:
    wanted, data = beside
    firsts = [next(batches(data.training, wanted, first=0, rank=i, size=2))[0] for i in range(2)]
    assert [len(batch["real"]) for batch in firsts] == [1, 1]
    assert not torch.equal(firsts[0]["real"], firsts[1]["real"])


def test_colours_count_as_known_that_are_learned_from_pairs_and_not_those_of_real_pictures(
    beside: tuple[TrainSettings, Data],
) -> None:
    wanted, data = beside
    assert data.draw is not None
    with open_data(wanted.model_copy(update={"paired": settings().paired})) as alone:
        assert alone.draw is not None
        for number in range(5):
            assert (data.draw(number)[0] == alone.draw(number)[0]).all()


def test_what_pairs_are_measured_on_has_no_real_pictures(
    beside: tuple[TrainSettings, Data],
) -> None:
    sample = held_out_sample(beside[1])
    assert sample is not None
    assert sample.keys() == {"a", "b"}


def test_real_pictures_that_are_missing_are_asked_for(folder: Path) -> None:
    wanted = settings(
        "paired",
        model={**MODEL, "input": "dyes"},
        data={"train_b": [{"path": folder / "trainB"}], "rigs": 1},
        paired={"real": {"per_batch": 1}},
    )
    with (
        pytest.raises(SettingsError, match=r"paired needs images for data\.train_a"),
        open_data(wanted),
    ):
        pass
