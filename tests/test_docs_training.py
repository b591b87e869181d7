"""What docs/training.md says of the keys of a training's settings is held to the code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from cyclegan.inputs import INPUTS
from cyclegan.networks import GENERATORS
from cyclegan.train.augment import AugmentSettings
from cyclegan.train.colour_jitter import ContrastJitter, HedJitter, HsbJitter
from cyclegan.train.losses import LOSSES
from cyclegan.train.saliency import SALIENCY
from cyclegan.train.schedule import SCHEDULES
from cyclegan.train.settings import FOLDERS, TrainSettings
from cyclegan.train.sources import Source
from cyclegan.train.tasks import TASKS

TEXT = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")
SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "Data": (Source,),
    "Augmentation": (AugmentSettings, HedJitter, HsbJitter, ContrastJitter),
}

WORDS: dict[str, object] = {
    "required": PydanticUndefined,
    "unset": None,
    "none": [],
    "empty": "",
    "see above": AugmentSettings(),
}
"""What the table of settings says for defaults that cannot be written."""


def section(name: str) -> str:
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def examples() -> Iterator[tuple[str, object]]:
    """Each key of the outermost level of each YAML block, with what it has."""
    for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL):
        yield from yaml.safe_load(block).items()


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_has_its_row_and_no_other(name: str) -> None:
    rows = re.findall(r"^\|(?: `\w+` \|| \|)? ((?:`\w+` ?)+)\|", section(name), re.MULTILINE)
    described = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert described == {key for model in SECTIONS[name] for key in model.model_fields}


def defaults(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Each setting by its dotted name; sources and `augment` have tables of their own."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not AugmentSettings:
            yield from defaults(kind, f"{prefix}{name}.")
        else:
            value = field.get_default(call_default_factory=True)
            yield f"{prefix}{name}", list(value) if isinstance(value, tuple) else value


def test_every_setting_has_its_row_with_its_default() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| `?(.+?)`? \| ", section("Settings"), re.MULTILINE)
    told = [(n, WORDS[text] if text in WORDS else yaml.safe_load(text)) for n, text in rows]
    assert told == list(defaults(TrainSettings))


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("task", TASKS),
        ("model.architecture", GENERATORS),
        ("model.input", INPUTS),
        ("cyclegan.saliency.kind", SALIENCY),
        ("schedule", SCHEDULES),
        ("data.folder", FOLDERS.values()),
    ],
)
def test_every_name_that_can_be_chosen_is_told(key: str, names: Collection[str]) -> None:
    (row,) = re.findall(rf"^\| `{key}` \|.*$", section("Settings"), re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", row)) >= set(names)


def test_every_loss_on_pairs_has_its_row_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("Losses on pairs"), re.MULTILINE)
    assert rows == list(LOSSES)


def test_the_examples_are_settings() -> None:
    given = dict(examples())
    assert isinstance(given["data"], dict)
    for sources in given["data"].values():
        assert [Source.model_validate(source) for source in sources]
    AugmentSettings.model_validate(given["augment"])
