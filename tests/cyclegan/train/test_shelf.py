"""Open images of a training set."""

from pathlib import Path

import pytest

from cyclegan.errors import TrainingError
from cyclegan.train.held import Held
from cyclegan.train.shelf import MOST_AWAKE, Shelf, open_all
from cyclegan.train.sources import SourceFile
from tests.cyclegan.arrays import ArrayReader, noise
from tests.cyclegan.images.pictures import save


class Sleeper(ArrayReader):
    """An image that counts how often it was paused and closed."""

    def __init__(self, side: int) -> None:
        super().__init__(noise(side, side))
        self.pauses = self.closings = 0

    def pause(self) -> None:
        self.pauses += 1

    def close(self) -> None:
        self.closings += 1


def file(path: Path, spacing_um: float | None = None) -> SourceFile:
    return SourceFile(path, path.name, path.name, spacing_um)


def test_images_are_held_while_there_is_room() -> None:
    shelf = Shelf(held_bytes=3 * 100)
    kinds = [type(shelf.add(Sleeper(side))) for side in (8, 9, 6)]
    assert kinds == [Held, Sleeper, Held]


def test_what_is_held_needs_its_file_no_more() -> None:
    given = Sleeper(8)
    Shelf(held_bytes=1000).add(given)
    assert given.closings == 1


def test_only_some_of_the_readers_that_are_not_held_are_awake() -> None:
    shelf = Shelf(held_bytes=0)
    readers = [Sleeper(2) for _ in range(MOST_AWAKE + 2)]
    for reader in readers:
        shelf.add(reader)
    assert [reader.pauses for reader in readers] == [1, 1, *([0] * MOST_AWAKE)]
    _ = shelf[2], shelf[0]
    assert [reader.pauses for reader in readers[:4]] == [1, 1, 0, 1], "the longest unused sleeps"


def test_closing_closes_all() -> None:
    shelf = Shelf(held_bytes=0)
    readers = [Sleeper(2) for _ in range(3)]
    for reader in readers:
        shelf.add(reader)
    shelf.close()
    assert [reader.closings for reader in readers] == [1, 1, 1]


def test_files_are_opened_in_their_order(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{side}.png", noise(side, 9)) for side in (7, 3, 5)]
    found = []
    for reader in open_all([file(path) for path in paths], spacing_um=None, scratch=tmp_path):
        with reader:
            found.append(reader.info.height)
    assert found == [7, 3, 5]


def test_a_file_that_cannot_be_read_is_named_and_all_others_are_closed(tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{name}.png", noise(9, 9)) for name in "abcd"]
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    opened = open_all([file(path) for path in paths], spacing_um=None, scratch=tmp_path)
    next(opened).close()
    with pytest.raises(TrainingError, match=r"b\.png cannot be trained on: .* exclude"):
        next(opened)
    assert sorted(tmp_path.iterdir()) == paths, "no spool is left"


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("away.png")
    with pytest.raises(TrainingError, match=r"a\.png cannot be trained on: No such file"):
        next(open_all([file(tmp_path / "a.png")], spacing_um=None, scratch=tmp_path))


def test_an_unknown_spacing_is_refused_where_one_is_wanted(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", noise(20, 30))
    with pytest.raises(TrainingError, match=r"a\.png does not say its pixel size"):
        next(open_all([file(path)], spacing_um=0.5, scratch=tmp_path))
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_read_at_the_wanted_spacing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", noise(20, 30))
    (reader,) = open_all([file(path, spacing_um=0.25)], spacing_um=0.5, scratch=tmp_path)
    with reader:
        assert (reader.info.height, reader.info.width, reader.info.spacing_um) == (10, 15, 0.5)
