"""Blank that is left white: the same pixels whatever the tiling, and time saved."""

from collections.abc import Iterator

import numpy as np
import pytest

from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.errors import Cancelled
from cyclegan.images.image import Pixels, Reader
from cyclegan.tissue import TissueMask
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, ArrayWriter, noise

HEIGHT, WIDTH, BLOCK = 170, 203, 16
TISSUE = np.zeros((11, 13), dtype=bool)
TISSUE[2:6, 3:8] = True
TISSUE[10, 12] = True  # the corner block, of which the image has 10 x 11 px


class Counting(IdentityEngine):
    """Counts the patches it is given."""

    def __init__(self) -> None:
        self.patches = 0

    def __call__(self, batch: Batch) -> Batch:
        self.patches += len(batch)
        return batch


class Stripped:
    """Gives the image itself in strips."""

    done = 0.0

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> "Stripped":
        return Stripped(reader)

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        for y in range(top, HEIGHT, 34):
            yield self._reader.read(y, 0, min(34, HEIGHT - y), WIDTH).copy()

    def provenance(self) -> dict[str, object]:
        return {"engine": "stripped"}

    def close(self) -> None:
        pass


def mask(tissue: np.ndarray = TISSUE) -> TissueMask:
    return TissueMask(HEIGHT, WIDTH, BLOCK, tissue)


def expected(pixels: Pixels) -> Pixels:
    blank = np.kron(~TISSUE, np.ones((BLOCK, BLOCK), dtype=bool))[:HEIGHT, :WIDTH]
    return np.where(blank[..., None], np.uint8(255), pixels)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize(("tile", "halo"), [(16, 0), (48, 8), (80, 16), (512, 128)])
def test_blank_is_white_and_all_else_is_as_without(blend: str, tile: int, halo: int) -> None:
    reader, writer = ArrayReader(noise(HEIGHT, WIDTH)), ArrayWriter(WIDTH)
    with prepare(
        reader, IdentityEngine(), room=NOWHERE, tile=tile, halo=halo, blend=blend, blank=mask()
    ) as plan:
        translate(reader, writer, plan, batch=3)
    np.testing.assert_array_equal(writer.pixels, expected(noise(HEIGHT, WIDTH)))


def test_blank_is_white_in_a_translation_by_strips_too() -> None:
    reader, writer = ArrayReader(noise(HEIGHT, WIDTH)), ArrayWriter(WIDTH)
    with prepare(reader, Stripped(reader), room=NOWHERE, blank=mask()) as plan:
        translate(reader, writer, plan, top=68)
    np.testing.assert_array_equal(writer.pixels, expected(noise(HEIGHT, WIDTH))[68:])


def test_going_on_below_finished_rows_gives_the_same_rows() -> None:
    reader, writer = ArrayReader(noise(HEIGHT, WIDTH)), ArrayWriter(WIDTH)
    with prepare(
        reader, IdentityEngine(), room=NOWHERE, tile=48, halo=8, blend="average", blank=mask()
    ) as plan:
        translate(reader, writer, plan, top=64)
    np.testing.assert_array_equal(writer.pixels, expected(noise(HEIGHT, WIDTH))[64:])


def test_patches_of_which_nothing_is_seen_are_not_translated() -> None:
    engine, reader = Counting(), ArrayReader(noise(HEIGHT, WIDTH))
    with prepare(reader, engine, room=NOWHERE, tile=32, halo=8, blend="crop", blank=mask()) as plan:
        assert plan.provenance()["patches"] == 5 * 6 + 1
        translate(reader, ArrayWriter(WIDTH), plan)
    assert engine.patches == 5 * 6 + 1


def test_provenance_tells_what_was_left_white() -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    with prepare(reader, IdentityEngine(), room=NOWHERE, blank=mask()) as plan:
        seen = 4 * 5 * BLOCK**2 + 10 * 11
        assert plan.provenance()["blank_px"] == HEIGHT * WIDTH - seen
        assert plan.provenance()["blank_block"] == BLOCK


def test_an_image_that_is_all_blank_becomes_white_and_the_engine_sees_nothing_of_it() -> None:
    engine, reader, writer = Counting(), ArrayReader(noise(HEIGHT, WIDTH)), ArrayWriter(WIDTH)
    told = list[float]()
    blank = mask(np.zeros_like(TISSUE))
    with prepare(reader, engine, room=NOWHERE, tile=32, halo=0, blank=blank) as plan:
        translate(reader, writer, plan, watch=Watch(on_progress=told.append))
    assert engine.patches == 0
    assert writer.pixels.min() == 255
    assert told == [1.0]


def test_progress_counts_the_patches_that_are_translated() -> None:
    reader, told = ArrayReader(noise(HEIGHT, WIDTH)), list[float]()
    with prepare(
        reader, IdentityEngine(), room=NOWHERE, tile=32, halo=8, blend="crop", blank=mask()
    ) as plan:
        translate(reader, ArrayWriter(WIDTH), plan, batch=16, watch=Watch(on_progress=told.append))
    assert told == pytest.approx([16 / 31, 1])


def test_a_translation_can_be_stopped_where_all_is_blank() -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    blank = mask(np.zeros_like(TISSUE))
    with (
        prepare(reader, IdentityEngine(), room=NOWHERE, tile=32, halo=0, blank=blank) as plan,
        pytest.raises(Cancelled),
    ):
        translate(reader, ArrayWriter(WIDTH), plan, watch=Watch(cancelled=lambda: True))
