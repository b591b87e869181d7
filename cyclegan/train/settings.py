"""All that a training run depends on: one YAML file, checked before anything starts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cyclegan.errors import SettingsError
from cyclegan.images.spacing import LARGEST_UM, SMALLEST_UM
from cyclegan.inputs import INPUTS
from cyclegan.models.record import Credit
from cyclegan.networks import GENERATORS
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.losses import LOSSES
from cyclegan.train.saliency import SALIENCY
from cyclegan.train.schedule import SCHEDULES
from cyclegan.train.sources import Source

GREYS = ("grey", "invert-grey")
"""What a generator can be given that was trained on grey H&E."""
FOLDERS = {"train_a": "trainA", "train_b": "trainB", "test_a": "testA", "test_b": "testB"}
"""What the folders of the public CycleGAN project hold, by the field that they stand for."""

Weight = Annotated[float, Field(ge=0)]
Momentum = Annotated[float, Field(ge=0, lt=1)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelSettings(_Settings):
    """The generator that is trained, and what its package says of it."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")
    """How the model will be asked for; also the name of its package's folder."""
    title: str = Field(pattern="^[A-Za-z0-9 _+()-]{5,128}$")
    """What people call it; the Model Zoo takes no other characters."""
    description: str = Field(max_length=1024)
    """What it does, in a sentence or two."""
    architecture: str = "ganilla"
    """A key of `GENERATORS`."""
    width: int = Field(default=64, ge=4, le=256)
    """Channels of the first layer; 64 in the public networks."""
    input: str = "rgb"
    """What the network sees of an image: a key of `INPUTS`."""
    spacing_um: float | None = Field(default=None, ge=SMALLEST_UM, le=LARGEST_UM)
    """µm per pixel at which it is trained, and at which images are given to it afterwards."""
    trained_on: str = Field(default="", max_length=2048)
    """What the pictures were and what was done with them, for the model's card."""
    sources: tuple[Credit, ...] = ()
    """Where they come from, with licences and whom to name, for the model's card."""
    limits: str = Field(default="", max_length=1024)
    """What the model must not be used for or is known to do badly, for the model's card."""

    @property
    def sees_dark_tissue(self) -> bool:
        """Whether what glows is dark in what the network sees, as stained tissue is."""
        return self.input.startswith("invert-")


class DataSettings(_Settings):
    """Where pictures come from; A is MUSE, B is H&E."""

    folder: Path | None = None
    """Holds `trainA`, `trainB`, `testA` and `testB`; those that are named below come first."""
    spacing_um: float | None = Field(default=None, ge=SMALLEST_UM, le=LARGEST_UM)
    """µm per pixel of all files in `folder`, whatever they say; None: what they say."""
    train_a: tuple[Source, ...] = ()
    """MUSE to learn from; with `rigs` H&E, from which it is simulated. In training on pairs it is
    real fluorescence, without a truth, for `paired.real`."""
    train_b: tuple[Source, ...] = ()
    """H&E to learn from."""
    test_a: tuple[Source, ...] = ()
    """MUSE to measure on, as `train_a`; unpaired training needs `test_b` beside it."""
    test_b: tuple[Source, ...] = ()
    """H&E to measure on."""
    rigs: int = Field(default=0, ge=0)
    """A is simulated from H&E by this many random microscopes for each slide; 0: A is real."""
    same_stain: bool = True
    """Whether targets of simulated pictures are redrawn in one stain, the median of all images."""

    @model_validator(mode="after")
    def _from_the_folder(self) -> Self:
        if self.folder is None:
            return self
        if not self.folder.is_dir():
            raise ValueError(
                f"there is no folder {self.folder.name}; paths are relative to the folder in which "
                "the training is started"
            )
        for field, name in FOLDERS.items():
            path = self.folder / name
            if not getattr(self, field) and path.is_dir():
                source = Source(path=path, spacing_um=self.spacing_um)
                object.__setattr__(self, field, (source,))
        return self


class RealSettings(_Settings):
    """Real fluorescence beside the pairs, of `data.train_a`: it has no truth."""

    per_batch: int = Field(default=0, ge=0)
    """Pictures of it in each batch."""
    structure: float = Field(default=0.5, ge=0)
    """Weight of the loss of nuclei that are not painted where they have nuclear dye."""


class PairedSettings(_Settings):
    """Training on pairs: of a picture and its truth."""

    losses: dict[str, Weight] = {
        "l1": 1.0,
        "gradient": 0.5,
        "ssim": 0.15,
        "nuclei": 1.0,
        "haematoxylin": 0.5,
        "glass": 0.5,
    }
    """Weight of each loss: keys of `LOSSES`. One of weight 0 is only written down."""
    real: RealSettings = RealSettings()

    @model_validator(mode="after")
    def _something_to_learn(self) -> Self:
        if not any(self.losses.values()):
            raise ValueError(
                "no loss has a weight above 0, so that nothing would be learned; give one"
            )
        return self


class SaliencySettings(_Settings):
    """The loss that keeps structures where they are, in unpaired training."""

    kind: str = "brightness"
    """A key of `SALIENCY`."""
    weight: float = Field(default=5.0, ge=0)
    """At the start; 0 switches it off."""
    slope: float = Field(default=10.0, gt=0)
    """Of the soft threshold; steep ones have no gradient far from it."""
    decay_images: int = Field(default=20_000, gt=0)
    """After this many pictures the weight is 37 % of what it was."""


class CycleGanSettings(_Settings):
    """Training on pictures that belong to no pairs."""

    cycle_a: float = Field(default=10.0, ge=0)
    """Weight of what MUSE loses on the way to H&E and back."""
    cycle_b: float = Field(default=10.0, ge=0)
    """The same of H&E."""
    identity: float = Field(default=0.5, ge=0)
    """Weight, relative to those, of what a picture of the wanted kind loses."""
    pool: int = Field(default=50, ge=0)
    """Translations that the discriminators are shown again."""
    saliency: SaliencySettings = SaliencySettings()
    keep_reverse: bool = True
    """Whether the package keeps the generator that leads back, too: results can then be told by
    which the image is not found again, and the package is twice as large."""


class TrainSettings(_Settings):
    """One training run."""

    task: Literal["cyclegan", "paired", "colorize"]
    """Unpaired; on pairs that are simulated; from grey H&E to its colours."""
    model: ModelSettings
    data: DataSettings
    augment: AugmentSettings = AugmentSettings()
    paired: PairedSettings = PairedSettings()
    cyclegan: CycleGanSettings = CycleGanSettings()
    warm_start: Path | None = None
    """The folder of a package whose generator, MUSE to H&E, training begins with."""

    crop_px: int = Field(default=256, ge=32, le=4096, multiple_of=16)
    """Height and width of what the network sees at once."""
    batch: int = Field(default=4, ge=1)
    """Crops in one step, on each device."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are added up before the weights change."""
    epoch_steps: int = Field(default=1000, ge=1)
    """Steps that are called an epoch."""
    epochs: int = Field(default=100, ge=0)
    """With the full learning rate."""
    epochs_decay: int = Field(default=100, ge=0)
    """After that, in which it falls to nothing."""
    schedule: str = "linear"
    """How it falls: a key of `SCHEDULES`."""
    warm_up: int = Field(default=0, ge=0)
    """First steps, in which it rises from nothing: a high rate saturates fresh networks."""
    frozen_share: float = Field(default=0.25, ge=0, lt=1)
    """The last part of the steps, in which norm statistics no longer change."""
    learning_rate: float = Field(default=2e-4, gt=0)
    betas: tuple[Momentum, Momentum] = (0.5, 0.999)
    """Of Adam."""
    average: float | None = Field(default=None, gt=0, lt=1)
    """Decay of the running average of the weights that is shipped; None: the weights themselves."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """In which the network computes; weights are float32."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of weights, crops and all else that is drawn at random."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = Field(default=None, ge=1)
    """Of the processor for the network; None: all."""
    workers: int = Field(default=1, ge=0)
    """Processes that prepare pictures."""
    log_every: int = Field(default=100, ge=1)
    """Steps in a line of the log."""
    save_every: int = Field(default=1000, ge=1)
    """Steps between checkpoints."""
    show_every: int = Field(default=1000, ge=1)
    """Steps between rows of pictures."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that the task learns from."""
        is_seen = self.task == "cyclegan" or self.learns_from_real
        return (*(self.data.train_a if is_seen else ()), *self.data.train_b)

    @property
    def learns_from_real(self) -> bool:
        """Whether training on pairs sees real fluorescence beside them."""
        return self.task == "paired" and self.paired.real.per_batch > 0

    @property
    def held_out(self) -> tuple[Source, ...]:
        """All that the task is measured on."""
        muse = self.data.test_a if self.task == "cyclegan" else ()
        return (*muse, *self.data.test_b)

    @property
    def steps(self) -> int:
        """Of the whole run."""
        return (self.epochs + self.epochs_decay) * self.epoch_steps

    @property
    def frozen_from(self) -> int:
        """The step from which norm statistics no longer change."""
        return round(self.steps * (1 - self.frozen_share))

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        _check("model.architecture", [self.model.architecture], GENERATORS)
        _check("model.input", [self.model.input], INPUTS)
        _check("paired.losses", self.paired.losses, LOSSES)
        _check("cyclegan.saliency.kind", [self.cyclegan.saliency.kind], SALIENCY)
        _check("schedule", [self.schedule], SCHEDULES)
        return self

    @model_validator(mode="after")
    def _something_to_do(self) -> Self:
        if not self.steps:
            raise ValueError("epochs and epochs_decay are both 0; say how long to train")
        count = self.paired.real.per_batch
        if self.learns_from_real and count > self.batch:
            raise ValueError(
                f"paired.real.per_batch is {count}, and a batch has {self.batch} pairs; give it no "
                "more real pictures than pairs"
            )
        if self.task == "paired" and not self.data.rigs:
            raise ValueError(
                "the task paired simulates MUSE from H&E: say in data.rigs under how many "
                "microscopes each slide is put"
            )
        return self

    @model_validator(mode="after")
    def _right_input(self) -> Self:
        seen = self.model.input
        if self.task == "colorize" and seen not in GREYS:
            raise ValueError(
                f"model.input is {seen!r}, and colorize learns from grey: choose invert-grey for "
                "fluorescence, which is bright where H&E is dark, or grey"
            )
        if self.learns_from_real and seen != "dyes":
            raise ValueError(
                f"paired.real.per_batch is above 0 and model.input is {seen!r}: where real "
                "pictures have nuclei is seen by the input dyes alone; choose that, or set "
                "paired.real.per_batch to 0"
            )
        if self.task == "cyclegan" and self.cyclegan.saliency.kind == "nuclear" and seen != "dyes":
            raise ValueError(
                f"cyclegan.saliency.kind is 'nuclear' and model.input is {seen!r}: the nuclear dye "
                "is seen by the input dyes alone; choose that, or the kind brightness"
            )
        return self


def read_settings(path: Path) -> TrainSettings:
    """The settings in a YAML file; paths in it are relative to the current folder.

    Raises SettingsError that names each key that is wrong, and OSError.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path.name} is not YAML: {error}") from error
    try:
        return TrainSettings.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            lines.append(f"{key} is not a setting; docs/training.md has them all")
        elif fault["type"] == "missing":
            lines.append(f"{key} is missing")
        elif fault["type"] == "value_error":
            said = str(fault["ctx"]["error"])
            lines.append(f"{key}: {said}" if key else said)
        else:
            lines.append(f"{key or 'the file'}: {fault['msg']} (met: {fault['input']!r})")
    return "; ".join(lines)


def _check(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{field}: there is no {name!r}; choose one of {', '.join(known)}")
