"""Single nuclei."""

import numpy as np
import pytest

from cyclegan.nuclei import Nucleus, stamp, window


def test_a_nucleus_covers_the_area_of_its_ellipse() -> None:
    nuclear, counterstain = np.zeros((2, 61, 61), dtype=np.float32)
    stamp(Nucleus(30, 30, 12, 6, 0.7, 1.0), nuclear, counterstain, np.zeros_like(nuclear))
    assert (nuclear > 0.5).sum() == pytest.approx(np.pi * 12 * 6, rel=0.05)


def test_a_nucleus_lies_along_its_angle() -> None:
    nuclear, counterstain = np.zeros((2, 41, 41), dtype=np.float32)
    stamp(Nucleus(20, 20, 15, 3, 0.0, 1.0), nuclear, counterstain, np.zeros_like(nuclear))
    assert nuclear[20, 8] > 0
    assert nuclear[8, 20] == 0


def test_a_nucleus_pushes_the_counterstain_aside() -> None:
    nuclear, counterstain = np.zeros((21, 21), np.float32), np.ones((21, 21), np.float32)
    stamp(Nucleus(10, 10, 6, 6, 0, 1.0), nuclear, counterstain, np.zeros_like(nuclear))
    assert counterstain[10, 10] == pytest.approx(0.2)
    assert counterstain[0, 0] == 1


@pytest.mark.parametrize("centre", [(-30.0, 5.0), (5.0, 99.0), (-1.0, -1.0), (10.4, 10.9)])
def test_a_nucleus_off_the_map_harms_nothing(centre: tuple[float, float]) -> None:
    nuclear, counterstain = np.zeros((2, 11, 11), dtype=np.float32)
    stamp(Nucleus(*centre, 4, 3, 0.1, 1.0), nuclear, counterstain, np.zeros_like(nuclear))
    assert np.isfinite(nuclear).all()


def test_a_window_stays_on_the_map() -> None:
    rows, columns = window(2, 50, 5, (20, 40))
    assert (rows.start, rows.stop) == (0, 9)
    assert (columns.start, columns.stop) == (40, 40)
