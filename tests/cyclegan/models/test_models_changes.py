"""Which packages may be changed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cyclegan.errors import ModelError
from cyclegan.models.bundled import SHIPPED
from cyclegan.models.card import read_card
from cyclegan.models.catalogue import BUILT_IN
from cyclegan.models.changes import require_own, require_place_for_scores
from cyclegan.models.package import keep_scores
from cyclegan.models.record import Scores


def test_scores_have_a_place_in_what_was_trained_here(trained: Path) -> None:
    card = read_card(trained)
    assert require_place_for_scores(card) == card.training


def test_scores_are_put_on_the_card(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "ours"
    shutil.copytree(trained, copy)
    scores = Scores(measured_on="two slides", values={"ssim": 0.5})
    card = keep_scores(read_card(copy), scores)
    assert card.training
    assert card.training.scores == scores


def test_scores_have_no_place_without_a_package_or_a_training(imported: Path) -> None:
    with pytest.raises(ModelError, match="identity is part of the program and has no package"):
        require_place_for_scores(BUILT_IN["identity"])
    with pytest.raises(ModelError, match="kidney does not say how it was trained"):
        require_place_for_scores(read_card(imported))


def test_what_comes_with_the_program_is_not_changed_however_it_is_named(trained: Path) -> None:
    around = SHIPPED / ".." / SHIPPED.name / "ours"
    for folder in (SHIPPED / "ours", around):
        card = replace(read_card(trained), folder=folder)
        with pytest.raises(ModelError, match="comes with the program and stays as it is; copy"):
            require_own(card, "calibrate")
        with pytest.raises(ModelError, match="under another name, and measure that"):
            keep_scores(card, Scores(measured_on="two slides", values={"ssim": 0.5}))
