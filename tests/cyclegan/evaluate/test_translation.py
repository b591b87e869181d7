"""Fields of a translation are the pixels that the whole translation has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.evaluate.field import Lines
from cyclegan.evaluate.inverted import InvertedEngine
from cyclegan.evaluate.translation import Translation
from cyclegan.images.image import Pixels, Reader
from cyclegan.images.region import Region
from cyclegan.tiles import padded_length
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, ArrayWriter, noise

PIXELS = noise(203, 151)
REGIONS = [
    Region(0, 0, 203, 151),
    Region(0, 0, 1, 1),
    Region(60, 70, 50, 30),
    Region(150, 100, 53, 51),
    Region(27, 40, 3, 90),
]


class PerTile(IdentityEngine):
    """Answers each patch with what depends on the whole of it, so that no two tiles agree."""

    halo = 12
    tile = 56
    multiple = 4
    batch = 3

    def __init__(self, blend: str) -> None:
        self.blend = blend

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> PerTile:
        return self

    def __call__(self, batch: Batch) -> Batch:
        level = batch.sum(axis=(1, 2, 3), keepdims=True) % 200
        return np.broadcast_to(level, batch.shape).astype(np.uint8)


class Blurring(IdentityEngine):
    """Sees 3 px around each pixel; at the edges of a patch it sees their last pixel again."""

    halo = 8
    multiple = 4

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Blurring:
        return self

    def __call__(self, batch: Batch) -> Batch:
        return np.asarray(ndimage.uniform_filter(batch, (1, 7, 7, 1), mode="nearest"))


class Strips:
    """Gives an image turned over, strip by strip."""

    done = 0.0

    def __init__(self, reader: Reader | None = None) -> None:
        self._reader = reader

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Strips:
        return Strips(reader)

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        assert self._reader
        info = self._reader.info
        for y in range(top, info.height, 50):
            yield 255 - self._reader.read(y, 0, min(50, info.height - y), info.width)

    def provenance(self) -> Mapping[str, object]:
        return {}

    def close(self) -> None:
        pass


def whole(engine: IdentityEngine) -> Pixels:
    """What translating the image gives."""
    reader, writer = ArrayReader(PIXELS), ArrayWriter(PIXELS.shape[1])
    with prepare(reader, engine, room=NOWHERE) as plan:
        translate(reader, writer, plan)
    return writer.pixels


@pytest.mark.parametrize("whole_px", [0, PIXELS.size])
@pytest.mark.parametrize("blend", BLENDS)
def test_a_field_is_as_it_is_in_the_whole(tmp_path: Path, blend: str, whole_px: int) -> None:
    engine = PerTile(blend)
    wanted = whole(engine)
    room = Room(tmp_path)
    with Translation(ArrayReader(PIXELS), engine, room=room, whole_px=whole_px) as made:
        for y, x, height, width in REGIONS:
            found = made.read(Region(y, x, height, width))
            np.testing.assert_array_equal(found, wanted[y : y + height, x : x + width])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blend", ["average", "crop"])
@pytest.mark.parametrize("region", REGIONS)
def test_tiles_meet_where_there_are_steps(tmp_path: Path, blend: str, region: Region) -> None:
    with Translation(ArrayReader(PIXELS), PerTile(blend), room=Room(tmp_path)) as made:
        output, lines = made.read(region).astype(int), made.lines(region)
    for axis, found in enumerate((lines.rows, lines.columns)):
        steps = np.abs(np.diff(output, axis=axis)).max(axis=(1 - axis, 2))
        assert list(np.flatnonzero(steps) + 1) == list(found)


def test_a_place_is_seen_in_two_tiles(tmp_path: Path) -> None:
    reader = ArrayReader(PIXELS)
    small = InvertedEngine()
    small.tile, small.halo = 56, 12
    for engine, agree in ((small, True), (PerTile("crop"), False)):
        with Translation(reader, engine, room=Room(tmp_path)) as made:
            ((first, second),) = made.twice()
        assert first.shape == second.shape
        assert min(first.shape[:2]) >= 8
        assert np.array_equal(first, second) == agree


@given(height=st.integers(1, 200), width=st.integers(1, 200), core=st.integers(2, 20))
def test_two_tiles_share_a_place_whatever_the_size(height: int, width: int, core: int) -> None:
    engine = Blurring()
    engine.tile = 4 * core + 16
    pixels = noise(height, width)
    with Translation(ArrayReader(pixels), engine, room=NOWHERE) as made:
        several = padded_length(max(height, width), 4, 1) > engine.tile
        assert len(made.twice()) == several
        for first, second in made.twice():
            assert first.size > 0
            np.testing.assert_array_equal(first, second)


def test_one_tile_meets_no_other(tmp_path: Path) -> None:
    with Translation(ArrayReader(PIXELS), InvertedEngine(), room=Room(tmp_path)) as made:
        assert made.twice() == []
        assert made.lines(REGIONS[0]).rows == made.lines(REGIONS[0]).columns == []


def test_strips_are_made_as_a_whole_and_have_no_lines(tmp_path: Path) -> None:
    with Translation(ArrayReader(PIXELS), Strips(), room=Room(tmp_path), whole_px=0) as made:
        for y, x, height, width in REGIONS:
            found = made.read(Region(y, x, height, width))
            np.testing.assert_array_equal(found, 255 - PIXELS[y : y + height, x : x + width])
        assert made.lines(REGIONS[0]) == Lines()
        assert made.twice() == []
    assert list(tmp_path.iterdir()) == []
