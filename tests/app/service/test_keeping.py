"""What an attempt keeps is there for the next one, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.keeping import TERMS, Choices, keeping
from app.workplace import KEPT, Workplace

MODEL = {"model": "identity", "tile": None}


def place_of(root: Path, claim: int) -> Workplace:
    root.mkdir(exist_ok=True)
    return Workplace(root, root / f"{claim}", root / f"{KEPT}{claim}")


def keep(root: Path, claim: int) -> None:
    """Leave something in the kept folder, as an attempt does that is killed."""
    with keeping(place_of(root, claim), MODEL) as kept:
        (kept.engine / "stage").touch()
        kept.choose(Choices(scratch_bytes=5, tile=64))


def test_what_was_kept_is_there_for_the_next_attempt(tmp_path: Path) -> None:
    keep(tmp_path / "job", 1)
    with keeping(place_of(tmp_path / "job", 3), MODEL) as kept:
        assert (kept.engine / "stage").exists()
        assert kept.choices() == Choices(scratch_bytes=5, tile=64)
    assert [path.name for path in (tmp_path / "job").iterdir()] == [f"{KEPT}3"]


def test_a_first_attempt_finds_empty_folders_and_no_choices(tmp_path: Path) -> None:
    with keeping(place_of(tmp_path / "job", 1), MODEL) as kept:
        assert [*kept.rows.iterdir(), *kept.engine.iterdir()] == []
        assert kept.choices() is None


def test_what_was_kept_under_other_terms_is_dropped(tmp_path: Path) -> None:
    keep(tmp_path / "job", 1)
    with keeping(place_of(tmp_path / "job", 2), {**MODEL, "tile": 64}) as kept:
        assert not (kept.engine / "stage").exists()
        assert kept.choices() is None
    assert [path.name for path in (tmp_path / "job").iterdir()] == [f"{KEPT}2"]


def test_what_the_machine_may_have_lost_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path / "job", 1)
    monkeypatch.setattr("app.keeping.boot", lambda: "another start of the machine")
    with keeping(place_of(tmp_path / "job", 2), MODEL) as kept:
        assert not (kept.engine / "stage").exists()


def test_what_was_only_begun_is_dropped(tmp_path: Path) -> None:
    keep(tmp_path / "job", 1)
    (tmp_path / "job" / f"{KEPT}1" / TERMS).unlink()
    with keeping(place_of(tmp_path / "job", 2), MODEL) as kept:
        assert not (kept.engine / "stage").exists()


def test_what_somebody_holds_is_left_to_nobody(tmp_path: Path) -> None:
    keep(tmp_path / "job", 1)
    with keeping(place_of(tmp_path / "job", 2), MODEL) as sleeper:
        with keeping(place_of(tmp_path / "job", 3), MODEL) as kept:
            assert not (kept.engine / "stage").exists()
            with pytest.raises(FileNotFoundError):
                (sleeper.engine / "stage").touch()
        assert [path.name for path in (tmp_path / "job").iterdir()] == [f"{KEPT}3"]
