"""What is known of a model without its weights: read from a package folder, without torch.

A package is a folder in the format of the BioImage Model Zoo. What that format has no place for
stands under `config: colormapper:` in its `rdf.yaml`. Files have fixed names here, so that no path
inside a descriptor is ever followed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cyclegan.errors import ModelError
from cyclegan.models.record import TrainingRecord

DESCRIPTOR = "rdf.yaml"
WEIGHTS: Final = "weights.safetensors"
TORCH_WEIGHTS: Final = "weights.pt"
"""The same weights for the Model Zoo's tools; packages of earlier versions have only these."""
STATISTICS = "statistics.npz"
COLOURS = "colours.npz"
REVERSE: Final = "reverse.safetensors"
"""The weights of the generator that leads back, from H&E to what the other one sees."""
REVERSE_STATISTICS = "reverse-statistics.npz"
TEST_INPUT = "test-input.npy"
TEST_OUTPUT = "test-output.npy"

_SHA256 = "^[0-9a-f]{64}$"
_MOST_BYTES = 2**31
"""Of a file that is read whole."""

NAME_RULE = "1 to 64 small letters, digits and hyphens, the first not a hyphen"


class Calibration(BaseModel):
    """Which statistics of the norm layers a package keeps, and where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=_SHA256)
    """Of the file `STATISTICS`, in hexadecimal."""
    bytes: int = Field(ge=1)
    """Its size."""
    origin: Literal["images", "training"] = "images"
    """Measured over some images afterwards, or those that the network was trained with."""
    images: tuple[Annotated[str, Field(pattern=_SHA256)], ...] = ()
    """SHA-256 of each image file that was measured, in hexadecimal; none if by training."""
    megapixels: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Of these images together."""
    measured_megapixels: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Of the regions of them that were measured."""

    @model_validator(mode="after")
    def _images_are_told_where_there_are_some(self) -> Self:
        told = (bool(self.images), self.megapixels > 0, self.measured_megapixels > 0)
        if set(told) != {self.origin == "images"}:
            raise ValueError(
                "statistics measured on images name these and their megapixels, and those of "
                "training name none"
            )
        return self


class KnownColours(BaseModel):
    """Which file tells what colours the model was trained on; see `cyclegan.familiar`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=_SHA256)
    """Of the file `COLOURS`, in hexadecimal."""
    bytes: int = Field(ge=1, le=_MOST_BYTES)
    """Its size."""
    pictures: int = Field(ge=1)
    """How many pictures of training were looked at."""


class Reverse(BaseModel):
    """The generator that leads back, from H&E to what the other one sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    """A key of `GENERATORS`."""
    width: int = Field(ge=1, le=1024)
    """Channels of the network's first layer."""
    reach: int = Field(ge=0, le=4096)
    """How far, in px, a pixel of its result sees."""
    sha256: str = Field(pattern=_SHA256)
    """Of the file `REVERSE`, in hexadecimal."""
    bytes: int = Field(ge=1, le=_MOST_BYTES)
    """Its size."""
    statistics_sha256: str = Field(pattern=_SHA256)
    """Of the file `REVERSE_STATISTICS`: those that it was trained with."""
    statistics_bytes: int = Field(ge=1, le=_MOST_BYTES)
    """Its size."""
    example_error: float = Field(ge=0, le=255, allow_inf_nan=False)
    """Grey levels by which the test input differs when it comes back, for `verify`."""
    usual_error: float = Field(gt=0, le=255, allow_inf_nan=False)
    """Grey levels that 95 % of the places in training differ by at most."""


@dataclass(frozen=True)
class ModelCard:
    """A model as it is shown to a person and named in a job."""

    name: str
    """How it is asked for."""
    title: str
    description: str
    engine: str
    hidden: bool = False
    """Not offered on the page; for tests and benchmarks."""
    spacing_um: float | None = None
    """µm per pixel that the model was made for, or None when nobody said."""
    sha256: str | None = None
    """Of the weights file, in hexadecimal; None for a model without weights."""
    folder: Path | None = None
    """The package on disk; None for a model that is part of the program."""
    weights: str = WEIGHTS
    """The name of that file."""
    architecture: str | None = None
    """A key of `GENERATORS`."""
    width: int = 64
    """Channels of the network's first layer."""
    input: str = "rgb"
    """What the network sees of an image: a key of `INPUTS`."""
    multiple: int = 1
    """Patch sizes in px are multiples of this."""
    reach: int | None = None
    """How far, in px, a pixel of the result sees when patches share statistics; None: unknown."""
    statistics: Calibration | None = None
    """The statistics of the norm layers that the package keeps, if any."""
    training: TrainingRecord | None = None
    """How it was trained, where the package tells."""
    colours: KnownColours | None = None
    """What colours it was trained on, where the package tells."""
    reverse: Reverse | None = None
    """The generator that leads back, where the package has it."""


class Details(BaseModel):
    """The section `config: colormapper:` of a descriptor; a key not known here is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    width: int = Field(default=64, ge=1, le=1024)
    input: str = "rgb"
    multiple: int = Field(ge=1, le=256)
    reach: int | None = Field(default=None, ge=0, le=4096)
    spacing_um: float | None = Field(gt=0, allow_inf_nan=False)
    # Packages of earlier versions do not say which file it is.
    weights: Literal["weights.safetensors", "weights.pt"] = TORCH_WEIGHTS
    weights_sha256: str = Field(pattern=_SHA256)
    weights_bytes: int = Field(ge=1)
    statistics: Calibration | None = None
    training: TrainingRecord | None = None
    colours: KnownColours | None = None
    reverse: Reverse | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_first_version(cls, content: object) -> object:
        """Drop what packages of version 1 say of each patch's own statistics; they lack a reach."""
        if isinstance(content, dict) and content.get("statistics") == "tile":
            return {key: content[key] for key in content.keys() - {"statistics", "halo"}}
        return content


class _Config(BaseModel):
    colormapper: Details


class _Descriptor(BaseModel):
    name: str = Field(min_length=1, max_length=128)
    description: str = Field(max_length=1024)
    type: Literal["model"]
    config: _Config


def is_name(text: str) -> bool:
    """Whether the text can be a model's name, and so a folder's name on any system."""
    return re.fullmatch("[a-z0-9][a-z0-9-]{0,63}", text) is not None


def read_card(folder: Path) -> ModelCard:
    """The card of the package in a folder; the weights are measured but not read.

    Raises ModelError that names the fault when the folder is not a complete package.
    """
    descriptor = _read_descriptor(folder)
    details = descriptor.config.colormapper
    _check_size(folder, details.weights, details.weights_bytes)
    if details.statistics:
        _check_size(folder, STATISTICS, details.statistics.bytes)
    if details.colours:
        _check_size(folder, COLOURS, details.colours.bytes)
    if details.reverse:
        _check_size(folder, REVERSE, details.reverse.bytes)
        _check_size(folder, REVERSE_STATISTICS, details.reverse.statistics_bytes)
    return ModelCard(
        name=folder.name,
        title=descriptor.name,
        description=descriptor.description,
        engine="generator",
        spacing_um=details.spacing_um,
        sha256=details.weights_sha256,
        weights=details.weights,
        folder=folder,
        architecture=details.architecture,
        width=details.width,
        input=details.input,
        multiple=details.multiple,
        reach=details.reach,
        statistics=details.statistics,
        training=details.training,
        colours=details.colours,
        reverse=details.reverse,
    )


def folder_of(card: ModelCard) -> Path:
    """Where a model's package lies; raises ModelError when the model has none."""
    if card.folder is None:
        raise ModelError(f"{card.name} is part of the program and has no package; name one")
    return card.folder


def read_file(card: ModelCard, file: str, *, sha256: str | None) -> bytes:
    """The content of a file of a package; raises ModelError when it is not that of the hash."""
    try:
        data = (folder_of(card) / file).read_bytes()
    except OSError as error:
        raise damaged(card.name, f"its {file} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise damaged(card.name, f"its {file} has changed since it was written")
    return data


def read_details(folder: Path) -> Details:
    """What the descriptor of a package says for this program; raises ModelError as `read_card`."""
    return _read_descriptor(folder).config.colormapper


def _read_descriptor(folder: Path) -> _Descriptor:
    try:
        content = yaml.safe_load((folder / DESCRIPTOR).read_text(encoding="utf-8"))
        return _Descriptor.model_validate(content)
    except OSError as error:
        raise damaged(folder.name, f"its {DESCRIPTOR} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise damaged(folder.name, f"its {DESCRIPTOR} is not YAML") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise damaged(folder.name, f"its {DESCRIPTOR} says {place}: {first['msg']}") from error


def _check_size(folder: Path, file: str, wanted: int) -> None:
    try:
        met = (folder / file).stat().st_size
    except OSError as error:
        raise damaged(folder.name, f"its {file} cannot be read: {error.strerror}") from error
    if met != wanted:
        raise damaged(folder.name, f"its {file} has {met} bytes instead of {wanted}")


def damaged(name: str, fault: str, *, cure: str = "import it again or remove it") -> ModelError:
    """The error that a package of this name has a fault, said as the rest of a sentence."""
    return ModelError(f"the model {name} is damaged: {fault}; {cure}")


def halo(details: Details) -> int:
    """px of surroundings that patches of a package need on each side to fit together."""
    return overlap(details.reach or 0, details.multiple)


def overlap(reach: int, multiple: int) -> int:
    """px of surroundings with which patches that share statistics agree to the last pixel.

    The reach, rounded up so that a patch that begins at a multiple with it still does without it.
    """
    return -(-reach // multiple) * multiple
