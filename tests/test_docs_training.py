"""What docs/training.md says of the keys of sources and augmentation is held to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from cyclegan.train.augment import AugmentSettings
from cyclegan.train.colour_jitter import ContrastJitter, HedJitter, HsbJitter
from cyclegan.train.sources import Source

TEXT = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")
SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "Data": (Source,),
    "Augmentation": (AugmentSettings, HedJitter, HsbJitter, ContrastJitter),
}


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


def test_the_examples_are_settings() -> None:
    given = dict(examples())
    assert isinstance(given["data"], dict)
    for sources in given["data"].values():
        assert [Source.model_validate(source) for source in sources]
    AugmentSettings.model_validate(given["augment"])
