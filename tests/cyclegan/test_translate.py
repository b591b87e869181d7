"""The pipeline from image to image."""

import random
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Batch, Engine, Watch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.errors import Cancelled, SettingsError
from cyclegan.images.image import Pixels
from cyclegan.translate import Plan, prepare, translate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, ArrayWriter, noise


class MultipleOf16(IdentityEngine):
    """Refuses what a network would refuse."""

    multiple = 16
    halo = 16

    def __call__(self, batch: Batch) -> Batch:
        assert batch.shape[1] % 16 == 0
        assert batch.shape[2] % 16 == 0
        return batch


class Uneven(IdentityEngine):
    """Answers each patch by its own mean, so that overlaps are seen."""

    def __call__(self, batch: Batch) -> Batch:
        means = batch.mean(axis=(1, 2, 3), keepdims=True) * 2 - 128
        answer: Batch = (np.zeros_like(batch) + np.clip(means, 0, 255)).astype(np.uint8)
        return answer


class Inverse(IdentityEngine):
    """Changes every pixel, so that one left out is seen."""

    def __call__(self, batch: Batch) -> Batch:
        return 255 - batch


def translated(pixels: Pixels, engine: IdentityEngine, **options: object) -> Pixels:
    reader, writer = ArrayReader(pixels), ArrayWriter(pixels.shape[1])
    with planned(reader, engine, **options) as plan:
        translate(reader, writer, plan)
    return writer.pixels


def planned(reader: ArrayReader, engine: Engine, **options: object) -> Plan:
    return prepare(reader, engine, room=NOWHERE, **options)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    tile=st.sampled_from([48, 64, 128, 512]),
    blend=st.sampled_from(list(BLENDS)),
    engine=st.sampled_from([IdentityEngine(), MultipleOf16()]),
)
def test_identity_engine_returns_every_pixel(
    height: int, width: int, tile: int, blend: str, engine: IdentityEngine
) -> None:
    pixels = noise(height, width)
    np.testing.assert_array_equal(translated(pixels, engine, tile=tile, blend=blend), pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 513), (513, 1), (3, 900), (511, 512), (700, 1025)])
def test_every_pixel_goes_through_the_engine_once(shape: tuple[int, int]) -> None:
    pixels = noise(*shape)
    np.testing.assert_array_equal(translated(pixels, Inverse(), halo=100), 255 - pixels)


def test_processes_give_the_same_image() -> None:
    reader, writer = ArrayReader(noise(700, 500)), ArrayWriter(500)
    plan = planned(reader, Inverse(), tile=32, halo=2)
    translate(reader, writer, plan, batch=4, workers=2)
    np.testing.assert_array_equal(writer.pixels, 255 - noise(700, 500))


def test_progress_rises_to_one() -> None:
    reader, told = ArrayReader(noise(100, 100)), list[float]()
    plan = planned(reader, IdentityEngine(), tile=32)
    translate(reader, ArrayWriter(100), plan, watch=Watch(on_progress=told.append), batch=5)
    assert told == [5 / 16, 10 / 16, 15 / 16, 1.0]


def test_progress_goes_on_from_what_preparing_was() -> None:
    class Prepared(IdentityEngine):
        done = 0.5

    reader, told = ArrayReader(noise(100, 100)), list[float]()
    plan = planned(reader, Prepared(), tile=50)
    translate(reader, ArrayWriter(100), plan, watch=Watch(on_progress=told.append), batch=2)
    assert told == [0.75, 1.0]


def test_a_stopped_translation_writes_no_further_rows() -> None:
    reader, writer = ArrayReader(noise(100, 10)), ArrayWriter(10)
    answers = iter([False, False, True])
    plan = planned(reader, IdentityEngine(), tile=10)
    with pytest.raises(Cancelled):
        translate(reader, writer, plan, batch=1, watch=Watch(cancelled=lambda: next(answers)))
    assert len(writer.pieces) == 2


@pytest.mark.parametrize("blend", list(BLENDS))
@pytest.mark.parametrize("halo", [0, 8])
def test_a_translation_goes_on_below_any_row_as_if_it_had_not_stopped(
    blend: str, halo: int
) -> None:
    reader, whole = ArrayReader(noise(150, 90)), ArrayWriter(90)
    translate(reader, whole, planned(reader, Uneven(), tile=32, halo=halo, blend=blend))
    for top in range(0, 151, 10):
        rest = ArrayWriter(90)
        plan = planned(reader, Uneven(), tile=32, halo=halo, blend=blend)
        translate(reader, rest, plan, top=top)
        below = [whole.pixels[:top], rest.pixels] if rest.pieces else [whole.pixels]
        np.testing.assert_array_equal(np.concatenate(below), whole.pixels)


def test_a_translation_translates_only_what_is_still_missing() -> None:
    reader, told = ArrayReader(noise(100, 100)), list[float]()
    plan = planned(reader, IdentityEngine(), tile=50)
    watch = Watch(on_progress=told.append)
    translate(reader, ArrayWriter(100), plan, top=50, watch=watch, batch=1)
    assert told == [0.75, 1.0]


def test_an_engines_error_reaches_the_caller() -> None:
    class Broken(IdentityEngine):
        def __call__(self, batch: Batch) -> Batch:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        translated(noise(10, 10), Broken())


TIMEOUT_S = 30
"""After which something waits for what will never come."""


class Lanes(Inverse):
    """Works on several patches at once, each of which takes its own time; counts them."""

    batch = 1

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.begun = self.now = self.most = 0
        self._lock = threading.Lock()
        self._chance = random.Random(0)

    def __call__(self, batch: Batch) -> Batch:
        with self._lock:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
            pause_s = self._chance.random() / 200
        time.sleep(pause_s)
        with self._lock:
            self.now -= 1
        return super().__call__(batch)


class CountedReader(ArrayReader):
    """Counts the patches that were cut."""

    cut = 0

    def read(self, y: int, x: int, height: int, width: int) -> Pixels:
        self.cut += 1
        return super().read(y, x, height, width)


def threads_of_lanes() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lane")]


@pytest.mark.parametrize("lanes", [1, 2, 5])
@pytest.mark.parametrize("workers", [0, 2])
def test_patches_of_several_lanes_are_put_together_in_order(lanes: int, workers: int) -> None:
    pixels, engine, writer = noise(150, 140), Lanes(lanes), ArrayWriter(140)
    translate(
        ArrayReader(pixels),
        writer,
        planned(ArrayReader(pixels), engine, tile=16),
        workers=workers,
    )
    np.testing.assert_array_equal(writer.pixels, 255 - pixels)
    assert engine.begun == 90
    assert engine.most <= lanes
    assert not threads_of_lanes()


def test_all_lanes_work_at_once() -> None:
    class Together(Inverse):
        batch = 1
        lanes = 3
        meeting = threading.Barrier(3, timeout=TIMEOUT_S)

        def __call__(self, batch: Batch) -> Batch:
            self.meeting.wait()
            return super().__call__(batch)

    pixels = noise(60, 10)
    np.testing.assert_array_equal(translated(pixels, Together(), tile=10), 255 - pixels)


def test_a_patch_is_read_and_one_is_written_while_another_is_translated() -> None:
    is_read, is_written = threading.Event(), threading.Event()

    class SecondRead(ArrayReader):
        def read(self, y: int, x: int, height: int, width: int) -> Pixels:
            if y == 20:
                is_read.set()
            return super().read(y, x, height, width)

    class Written(ArrayWriter):
        def write(self, piece: Pixels) -> None:
            super().write(piece)
            is_written.set()

    class Waiting(Inverse):
        batch = 1
        calls = 0

        def __call__(self, batch: Batch) -> Batch:
            self.calls += 1
            if self.calls == 2:
                assert is_read.wait(TIMEOUT_S)
                assert is_written.wait(TIMEOUT_S)
            return super().__call__(batch)

    reader = SecondRead(noise(30, 10))
    translate(reader, Written(10), planned(reader, Waiting(), tile=10))


@pytest.mark.parametrize("lanes", [1, 4])
def test_no_more_patches_are_held_than_the_lanes_need(lanes: int) -> None:
    reader, ahead = CountedReader(noise(600, 10)), list[int]()

    class Counting(ArrayWriter):
        def write(self, piece: Pixels) -> None:
            ahead.append(reader.cut - len(self.pieces))
            super().write(piece)

    translate(reader, Counting(10), planned(reader, Lanes(lanes), tile=10))
    assert len(ahead) == 60
    assert max(ahead) == lanes + 1


def test_an_error_in_one_lane_ends_all() -> None:
    class Faulty(Lanes):
        def __call__(self, batch: Batch) -> Batch:
            answer = super().__call__(batch)
            if batch[0, 0, 0, 0] == 7:
                raise ZeroDivisionError
            return answer

    pixels, engine, writer = np.zeros((600, 10, 3), np.uint8), Faulty(3), ArrayWriter(10)
    pixels[200:210] = 7
    reader = ArrayReader(pixels)
    with pytest.raises(ZeroDivisionError):
        translate(reader, writer, planned(reader, engine, tile=10))
    assert len(writer.pieces) == 20
    assert engine.begun <= 20 + 4
    assert not threads_of_lanes()


def test_a_translation_that_is_stopped_waits_for_its_lanes_only() -> None:
    reader, engine, writer = ArrayReader(noise(600, 10)), Lanes(3), ArrayWriter(10)
    watch = Watch(cancelled=lambda: len(writer.pieces) == 20)
    with pytest.raises(Cancelled):
        translate(reader, writer, planned(reader, engine, tile=10), watch=watch)
    assert len(writer.pieces) == 20
    assert engine.begun <= 20 + 4
    assert not threads_of_lanes()


def test_a_halo_that_is_asked_for_leaves_as_much_of_a_tile_at_least() -> None:
    plan = planned(ArrayReader(noise(30, 9000)), IdentityEngine(), halo=200)
    assert plan.provenance()["tile"] == 800


def test_provenance_tells_engine_and_tiling_before_the_result_is_opened() -> None:
    plan = planned(ArrayReader(noise(600, 512)), IdentityEngine(), halo=128, blend="average")
    assert plan.provenance() == {
        "engine": "identity",
        "tile": 512,
        "halo": 128,
        "blend": "average",
        "patches": 2,
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tile": 256, "halo": 128}, "larger than 256"),
        ({"blend": "mix"}, "average, feather, crop"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        planned(ArrayReader(noise(9, 9)), IdentityEngine(), **options)
