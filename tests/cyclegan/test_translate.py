"""The pipeline from image to image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Batch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.errors import Cancelled, SettingsError
from cyclegan.images.image import Pixels
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter, noise


class MultipleOf16(IdentityEngine):
    """Refuses what a network would refuse."""

    multiple = 16
    halo = 16

    def __call__(self, batch: Batch) -> Batch:
        assert batch.shape[1] % 16 == 0
        assert batch.shape[2] % 16 == 0
        return batch


class Inverse(IdentityEngine):
    """Changes every pixel, so that one left out is seen."""

    def __call__(self, batch: Batch) -> Batch:
        return 255 - batch


def translated(pixels: Pixels, engine: IdentityEngine, **options: object) -> Pixels:
    reader, writer = ArrayReader(pixels), ArrayWriter()
    plan = prepare(reader, engine, **options)  # type: ignore[arg-type]
    translate(reader, writer, engine, plan)
    return writer.pixels


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
    reader, writer, engine = ArrayReader(noise(700, 500)), ArrayWriter(), Inverse()
    plan = prepare(reader, engine, tile=32, halo=2)
    translate(reader, writer, engine, plan, batch=4, workers=2)
    np.testing.assert_array_equal(writer.pixels, 255 - noise(700, 500))


def test_progress_counts_up_to_all_patches() -> None:
    reader, engine, told = ArrayReader(noise(100, 100)), IdentityEngine(), list[tuple[int, int]]()
    plan = prepare(reader, engine, tile=32)
    translate(
        reader, ArrayWriter(), engine, plan, on_progress=lambda *now: told.append(now), batch=5
    )
    assert told == [(5, 16), (10, 16), (15, 16), (16, 16)]


def test_a_stopped_translation_writes_no_further_rows() -> None:
    reader, writer, engine = ArrayReader(noise(100, 10)), ArrayWriter(), IdentityEngine()
    answers = iter([False, False, True])
    plan = prepare(reader, engine, tile=10)
    with pytest.raises(Cancelled):
        translate(reader, writer, engine, plan, batch=1, cancelled=lambda: next(answers))
    assert len(writer.strips) == 2


def test_an_engines_error_reaches_the_caller() -> None:
    class Broken(IdentityEngine):
        def __call__(self, batch: Batch) -> Batch:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        translated(noise(10, 10), Broken())


def test_provenance_tells_engine_and_tiling_before_the_result_is_opened() -> None:
    plan = prepare(ArrayReader(noise(600, 512)), IdentityEngine(), halo=128)
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
        prepare(ArrayReader(noise(9, 9)), IdentityEngine(), **options)  # type: ignore[arg-type]
