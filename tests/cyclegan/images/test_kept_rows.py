"""Rows that are kept are there again for whoever goes on with the same image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cyclegan.images import kept_rows
from cyclegan.images.image import Pixels
from cyclegan.images.kept_rows import KeptRows
from cyclegan.images.region import Region
from tests.app.disks import small_disk
from tests.cyclegan.arrays import noise

IMAGE = noise(31, 17)


def open_rows(folder: Path, *, height: int = 31, terms: str = "a model") -> KeptRows:
    return KeptRows(folder, height=height, width=17, terms=terms)


def keep(folder: Path, *ends: int) -> None:
    """Write strips down to these rows, and leave as a process does that is killed."""
    rows, top = open_rows(folder), 0
    for end in ends:
        rows.write(IMAGE[top:end])
        top = end
    rows.abort()


def found(rows: KeptRows) -> Pixels:
    return np.concatenate([np.empty((0, 17, 3), np.uint8), *rows.finished()])


@pytest.mark.parametrize("ends", [(), (1,), (7, 20), (7, 20, 31)])
def test_what_was_written_is_there_again(tmp_path: Path, ends: tuple[int, ...]) -> None:
    keep(tmp_path, *ends)
    with open_rows(tmp_path) as rows:
        assert rows.done == max(ends, default=0)
        assert np.array_equal(found(rows), IMAGE[: rows.done])
        if rows.done < 31:
            rows.write(IMAGE[rows.done :])
    assert np.array_equal(found(open_rows(tmp_path)), IMAGE)


def test_rows_are_read_again_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_rows, "PART_BYTES", 17 * 3 * 4)
    keep(tmp_path, 31)
    rows = open_rows(tmp_path)
    assert [len(part) for part in rows.finished()] == [4] * 7 + [3]
    assert np.array_equal(found(rows), IMAGE)


@pytest.mark.parametrize("tiles", [17, 7, 1])
@pytest.mark.parametrize("columns", [1, 5, 2048])
def test_one_goes_on_below_the_pieces_that_reached_the_right_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiles: int, columns: int
) -> None:
    monkeypatch.setattr(kept_rows, "COLUMNS", columns)
    rows, pieces = open_rows(tmp_path), list(Region(0, 0, 31, 17).parts(10, tiles))
    for y, x, height, width in pieces[:-1]:
        rows.write(IMAGE[y : y + height, x : x + width])
    rows.abort()
    again = open_rows(tmp_path)
    assert again.done == 30
    assert np.array_equal(found(again), IMAGE[:30])


@pytest.mark.parametrize("other", [{"terms": "another model"}, {"height": 32}])
def test_rows_of_another_image_are_dropped(tmp_path: Path, other: dict[str, object]) -> None:
    keep(tmp_path, 7)
    rows = open_rows(tmp_path, **other)  # type: ignore[arg-type]
    assert (rows.done, len(found(rows))) == (0, 0)
    rows.abort()
    assert open_rows(tmp_path).done == 0


def test_a_strip_that_was_not_finished_does_not_count(tmp_path: Path) -> None:
    keep(tmp_path, 7)
    with (tmp_path / kept_rows.ROWS).open("r+b") as file:
        file.seek(7 * 17 * 3)
        file.write(b"half a strip")
    assert np.array_equal(found(open_rows(tmp_path)), IMAGE[:7])


def test_an_image_that_is_not_complete_is_not_closed(tmp_path: Path) -> None:
    rows = open_rows(tmp_path)
    rows.write(IMAGE[:7])
    with pytest.raises(ValueError, match="7 rows were written"):
        rows.close()


def test_a_disk_without_room_for_all_rows_shows_at_once(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=2**16) as disk, pytest.raises(OSError, match="space"):
        KeptRows(disk, height=1000, width=1000, terms="")
