"""The pictures of a run: which sets its settings mean, and in what order they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from cyclegan.errors import SettingsError
from cyclegan.slide_stain import SlideStain, common_stain, stain_of
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.familiar import Draw
from cyclegan.train.greyed import GreyedCrops
from cyclegan.train.he_crops import HeCrops
from cyclegan.train.muse_crops import MuseCrops
from cyclegan.train.regions import Slides
from cyclegan.train.settings import FOLDERS, TrainSettings
from cyclegan.train.simulated import SimulatedPairs
from cyclegan.train.sources import Source, require_apart
from cyclegan.train.tasks.learner import Sample
from cyclegan.train.tensors import as_tensor
from cyclegan.train.unpaired import UnpairedCrops

HELD_OUT = 32
"""Pictures that are held out of training to measure it on."""
HELD_OUT_SEED = 1_000_003
"""Added to the seed, for other rigs and crops than those of training."""

REAL_SEED = 2_000_003
"""Added to the seed, so that real pictures are drawn otherwise than the pairs beside them."""

PLAIN = AugmentSettings(flip=False, quarter_turns=False)
"""Pictures to measure on are as they are."""


@dataclass(frozen=True)
class Data:
    """What a run learns from, and what it is measured on; sample i of a set is always the same."""

    training: Dataset[dict[str, Tensor]]
    held_out: Dataset[dict[str, Tensor]] | None
    draw: Draw | None = None
    """The pictures of `training` before they are seen; None where none is of fluorescence."""
    stain: SlideStain | None = None
    """The stain in which all that is to be painted was redrawn."""


@contextmanager
def open_data(settings: TrainSettings) -> Iterator[Data]:
    """The sets of a run, whose files are open as long as the context is.

    Raises SettingsError where sources are missing or a slide is both trained on and held out, and
    TrainingError for a file that is of no use.
    """
    require_apart(settings.sources, settings.held_out)
    with ExitStack() as stack:
        yield _SETS[settings.task](settings, stack)


def batches(
    data: Dataset[dict[str, Tensor]],
    settings: TrainSettings,
    *,
    first: int,
    rank: int,
    size: int,
) -> Iterator[list[Sample]]:
    """The batches of each step from `first` on, of the `rank`-th process of `size`."""
    order = _Order(settings, first=first, rank=rank, size=size)
    loader = iter(
        DataLoader(
            data,
            batch_sampler=order,
            collate_fn=_collated,
            num_workers=settings.workers,
            worker_init_fn=_keep_to_one_core,
            # Else it would draw a number from the generator that the run resumes with.
            generator=torch.Generator(),
            prefetch_factor=4 if settings.workers else None,
        )
    )
    for _ in range(first, settings.steps):
        yield [next(loader) for _ in range(settings.accumulate)]


def held_out_sample(data: Data) -> Sample | None:
    """All pictures that a run is measured on, as one batch."""
    if data.held_out is None:
        return None
    sample: Sample = default_collate([data.held_out[index] for index in range(HELD_OUT)])
    return sample


def _collated(samples: Sequence[Mapping[str, Tensor]]) -> Sample:
    """A batch of samples, not all of which have the same pictures."""
    names = dict.fromkeys(name for sample in samples for name in sample)
    return {
        name: default_collate([sample[name] for sample in samples if name in sample])
        for name in names
    }


def _keep_to_one_core(_worker: int) -> None:
    # Several threads of numpy for small matrices fight with the network's for the same cores, and
    # all become ten times slower (measured).
    threadpool_limits(1)


class Beside(Dataset[dict[str, Tensor]]):
    """`a` of one set and `b` of another, which show different tissue."""

    def __init__(self, first: SimulatedPairs, second: HeCrops) -> None:
        self._first, self._second = first, second
        self.picture = first.picture

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        return {"a": self._first[index]["a"], "b": self._second[index]["b"]}


class WithReal(Dataset[dict[str, Tensor]]):
    """Pairs, and beside the first `count` of each batch `real`, what is seen of real fluorescence.

    Colours are learned from pairs, so that `picture` tells of these alone.
    """

    def __init__(self, pairs: SimulatedPairs, real: MuseCrops, *, count: int, batch: int) -> None:
        self._pairs = pairs
        self._real = real
        self._count = count
        self._batch = batch
        self.picture = pairs.picture

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample `index`."""
        sample = self._pairs[index]
        if index % self._batch < self._count:
            crop, view = self._real.picture(index)
            sample["real"] = as_tensor(view(crop))
        return sample


class _Order:
    """Numbers of samples, batch after batch: a step's follow those of the step before."""

    def __init__(self, settings: TrainSettings, *, first: int, rank: int, size: int) -> None:
        self._settings = settings
        self._first = first
        self._rank = rank
        self._size = size

    def __iter__(self) -> Iterator[list[int]]:
        batch = self._settings.batch
        for number in range(
            self._first * self._settings.accumulate,
            self._settings.steps * self._settings.accumulate,
        ):
            start = (number * self._size + self._rank) * batch
            yield list(range(start, start + batch))

    def __len__(self) -> int:
        return (self._settings.steps - self._first) * self._settings.accumulate


def _paired(settings: TrainSettings, stack: ExitStack) -> Data:
    slides, test = _slides("train_b", settings, stack), _test_slides("test_b", settings, stack)
    stain = _common_stain(slides) if settings.data.same_stain else None
    pairs = _simulated(slides, settings, stain, settings.seed, settings.augment)
    training = _beside_real(pairs, settings, stack) if settings.learns_from_real else pairs
    return Data(
        training,
        _simulated(test, settings, stain, _held_out_seed(settings), PLAIN) if test else None,
        draw=training.picture,
        stain=stain,
    )


def _beside_real(pairs: SimulatedPairs, settings: TrainSettings, stack: ExitStack) -> WithReal:
    real = MuseCrops(
        _slides("train_a", settings, stack),
        input=settings.model.input,
        crop_px=settings.crop_px,
        seed=settings.seed + REAL_SEED,
        augment=settings.augment,
    )
    return WithReal(pairs, real, count=settings.paired.real.per_batch, batch=settings.batch)


def _colorize(settings: TrainSettings, stack: ExitStack) -> Data:
    slides, test = _slides("train_b", settings, stack), _test_slides("test_b", settings, stack)
    size, seed = settings.crop_px, _held_out_seed(settings)
    return Data(
        GreyedCrops(slides, crop_px=size, seed=settings.seed, augment=settings.augment),
        GreyedCrops(test, crop_px=size, seed=seed, augment=PLAIN) if test else None,
    )


def _unpaired(settings: TrainSettings, stack: ExitStack) -> Data:
    muse, he, test_muse, test_he = (
        _slides("train_a", settings, stack),
        _slides("train_b", settings, stack),
        _test_slides("test_a", settings, stack),
        _test_slides("test_b", settings, stack),
    )
    training = _both(muse, he, settings, settings.seed, settings.augment)
    return Data(
        training,
        _both(test_muse, test_he, settings, _held_out_seed(settings), PLAIN)
        if test_muse and test_he
        else None,
        draw=training.picture,
    )


def _both(
    muse: Slides, he: Slides, settings: TrainSettings, seed: int, augment: AugmentSettings
) -> Beside | UnpairedCrops:
    """MUSE and H&E of different tissue; with `rigs`, MUSE is simulated from slides of H&E."""
    size = settings.crop_px
    if settings.data.rigs:
        return Beside(
            _simulated(muse, settings, None, seed, augment),
            HeCrops(he, crop_px=size, seed=seed, augment=augment),
        )
    seen = settings.model.input
    return UnpairedCrops(muse, he, input=seen, crop_px=size, seed=seed, augment=augment)


def _simulated(
    slides: Slides,
    settings: TrainSettings,
    stain: SlideStain | None,
    seed: int,
    augment: AugmentSettings,
) -> SimulatedPairs:
    return SimulatedPairs(
        slides,
        input=settings.model.input,
        stain=stain,
        crop_px=settings.crop_px,
        rigs=settings.data.rigs,
        seed=seed,
        augment=augment,
    )


def _held_out_seed(settings: TrainSettings) -> int:
    return settings.seed + HELD_OUT_SEED


def _common_stain(slides: Slides) -> SlideStain:
    return common_stain([stain_of(slides.mosaic(file)) for file in range(len(slides.files))])


def _slides(field: str, settings: TrainSettings, stack: ExitStack) -> Slides:
    """The slides of a field of the data settings, which are closed with the stack."""
    sources = _sources(field, settings)
    if not sources:
        raise SettingsError(
            f"the task {settings.task} needs images for data.{field}: name them there, or put "
            f"them into {FOLDERS[field]} in data.folder"
        )
    return stack.enter_context(Slides(sources, spacing_um=settings.model.spacing_um))


def _test_slides(field: str, settings: TrainSettings, stack: ExitStack) -> Slides | None:
    return _slides(field, settings, stack) if _sources(field, settings) else None


def _sources(field: str, settings: TrainSettings) -> tuple[Source, ...]:
    sources: tuple[Source, ...] = getattr(settings.data, field)
    return sources


_SETS: dict[str, Callable[[TrainSettings, ExitStack], Data]] = {
    "cyclegan": _unpaired,
    "colorize": _colorize,
    "paired": _paired,
}
