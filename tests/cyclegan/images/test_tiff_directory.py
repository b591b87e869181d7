"""Directories as tifffile reads them."""

from __future__ import annotations

import io
import math
import struct

import pytest
import tifffile

from cyclegan.images.tiff_directory import (
    Field,
    blob,
    directory,
    header,
    longs,
    positions,
    ratio,
    shorts,
    text,
)

HEADER_BYTES = len(header(0))
PRIVATE = 65000
SIZE = (longs(256, 1), longs(257, 1))


def read(*fields: Field) -> tifffile.TiffTags:
    body = directory([*SIZE, *fields], at=HEADER_BYTES)
    with tifffile.TiffFile(io.BytesIO(header(HEADER_BYTES) + body)) as file:
        return file.pages.first.tags


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (shorts(258, 8, 8, 8), (8, 8, 8)),
        (longs(254, 1), 1),
        (positions(PRIVATE, [2**40, 5]), (2**40, 5)),
        (positions(PRIVATE, [7]), 7),
        (text(305, "Color Mapper"), "Color Mapper"),
        (text(270, "µ"), "µ"),
        (blob(34675, b"\0profile\0"), b"\0profile\0"),
    ],
)
def test_a_value_is_read_as_it_was_written(field: Field, value: object) -> None:
    assert read(field).valueof(field.tag) == value


@pytest.mark.parametrize("value", [500.0, 20000.0, 43859.649122807, 0.1, math.pi * 1e8])
def test_a_ratio_is_the_nearest_that_fits(value: float) -> None:
    above, below = read(ratio(282, value)).valueof(282)
    assert above / below == pytest.approx(value, rel=1e-9)


def test_tags_are_in_rising_order_however_they_are_given() -> None:
    body = directory([text(305, "a"), shorts(258, 8), longs(256, 1)], at=HEADER_BYTES)
    tags = [struct.unpack_from("<H", body, 8 + 20 * number)[0] for number in range(3)]
    assert tags == [256, 258, 305]


def test_a_directory_leads_to_the_one_behind_it() -> None:
    first = directory([*SIZE, text(305, "a text")], at=HEADER_BYTES, has_next=True)
    second = directory(SIZE, at=HEADER_BYTES + len(first))
    with tifffile.TiffFile(io.BytesIO(header(HEADER_BYTES) + first + second)) as file:
        assert len(file.pages) == 2
