"""How a model was trained, as its package tells people: on what, how good it is, and its limits."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue

from cyclegan.slide_stain import SlideStain

MOST_WORDS = 1024
"""Characters of what is said of images that were measured."""


class Credit(BaseModel):
    """Somebody else's images that a model was trained on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=256)
    """What they are called where they come from."""
    licence: str = Field(min_length=1, max_length=128)
    """Its name, such as `CC0 1.0`."""
    credit: str = Field(default="", max_length=512)
    """Whom to name, as the licence wants it."""
    url: str = Field(default="", max_length=512)
    """Where they are found."""


class Scores(BaseModel):
    """Numbers that were measured on images which training has not seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_on: str = Field(min_length=1, max_length=MOST_WORDS)
    """What images these are, in words."""
    values: dict[str, FiniteFloat] = Field(min_length=1)
    """By the name of the metric, a key of `METRICS` where it is one of those."""


class TrainingRecord(BaseModel):
    """What a person should know of a model before trusting what it makes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trained_on: str = Field(min_length=1, max_length=2048)
    """The images and what was done with them, in sentences."""
    sources: tuple[Credit, ...] = ()
    """Where the images come from."""
    limits: str = Field(min_length=1, max_length=1024)
    """What it is not made for, in sentences."""
    stain: SlideStain | None = None
    """What it paints in, where all that it learned from was redrawn in one stain."""
    scores: Scores | None = None
    """How good it is, if that was measured with the weights and statistics of the package."""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """All settings of the training."""
    code: str = Field(default="", max_length=128)
    """The version of the program that trained it, with the commit where that is known."""
