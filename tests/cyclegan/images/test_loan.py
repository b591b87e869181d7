from __future__ import annotations

import numpy as np

from cyclegan.images.loan import lent
from tests.cyclegan.resident import resident_peak

MIB = 2**20


def test_a_lent_array_is_new_and_may_be_written_to() -> None:
    first, second = lent(2, 3, 3), lent(2, 3, 3)
    first[...] = 7
    assert first.shape == (2, 3, 3)
    assert first.dtype == np.uint8
    assert not second.any()


def test_the_system_has_its_memory_back_when_nobody_uses_it() -> None:
    def borrow() -> None:
        for _ in range(8):
            view = lent(8, MIB, 1)[1:]
            view[...] = 1
            del view

    assert resident_peak(borrow) < 12 * MIB


def test_small_arrays_that_are_kept_do_not_hold_back_large_ones() -> None:
    kept = []

    def borrow() -> None:
        for _ in range(8):
            large = [lent(MIB) for _ in range(8)]
            for one in large:
                one[...] = 1
            kept.append(bytes(100_000))

    assert resident_peak(borrow) < 12 * MIB
