from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from cyclegan.errors import SettingsError
from cyclegan.images import open_image
from cyclegan.images.crop import Crop
from cyclegan.images.image import Extent
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.images.pictures import noise, save

PICTURE = noise(40, 60)


def test_a_part_is_an_image_of_its_own() -> None:
    part = Crop(ArrayReader(PICTURE), 7, 11, 20, 30)
    assert (part.info.height, part.info.width) == (20, 30)
    assert (part.read(0, 0, 20, 30) == PICTURE[7:27, 11:41]).all()
    assert (part.read(3, 5, 2, 9) == PICTURE[10:12, 16:25]).all()


def test_a_part_keeps_the_spacing_and_knows_the_whole(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", PICTURE)
    with Crop(open_image(path, own_spacing_um=0.5, scratch=tmp_path), 1, 2, 3, 4) as part:
        assert part.info.spacing_um == 0.5
        assert part.info.source == Extent(40, 60, 0.5)
    assert list(tmp_path.iterdir()) == [path], "closing the part closes the whole"


def test_a_part_ends_where_it_ends() -> None:
    with pytest.raises(ValueError, match="does not lie inside the image of 20 x 30 px"):
        Crop(ArrayReader(PICTURE), 7, 11, 20, 30).read(0, 0, 21, 30)


@pytest.mark.parametrize("region", [(0, 0, 41, 60), (39, 59, 1, 2), (-1, 0, 5, 5)])
def test_a_part_outside_is_refused(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(SettingsError, match="40 x 60 px; choose one inside"):
        Crop(ArrayReader(PICTURE), *region)


def test_a_part_without_pixels_is_refused() -> None:
    with pytest.raises(SettingsError, match="no pixels"):
        Crop(ArrayReader(PICTURE), 3, 3, 0, 5)


def test_a_pickled_part_reads_the_same() -> None:
    part = pickle.loads(pickle.dumps(Crop(ArrayReader(PICTURE), 7, 11, 20, 30)))  # noqa: S301
    assert (part.read(0, 0, 20, 30) == PICTURE[7:27, 11:41]).all()
