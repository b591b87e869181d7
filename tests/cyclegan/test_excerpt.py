"""A region alone looks as it does in the translation of the whole image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclegan.blend import BLENDS
from cyclegan.engines.engine import Batch, Engine
from cyclegan.engines.frozen import FrozenPatches
from cyclegan.engines.identity import IdentityEngine
from cyclegan.excerpt import excerpt
from cyclegan.images.image import Pixels
from cyclegan.images.region import Region
from cyclegan.tissue import TissueMask
from cyclegan.translate import Plan, prepare, translate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, ArrayWriter, noise
from tests.cyclegan.test_engine_frozen import Echo

HEIGHT, WIDTH = 230, 310


class OfItsPatch(IdentityEngine):
    """Answers each patch by its own mean, so that it matters which patches there are."""

    multiple = 4
    halo = 8
    tile = 64

    def __call__(self, batch: Batch) -> Batch:
        means = batch.mean(axis=(1, 2, 3), keepdims=True) * 2 - 128
        answer: Batch = (batch // 2 + np.clip(means, 0, 127)).astype(np.uint8)
        return answer


class EchoEngine:
    """Sees 4 px far, in patches that begin at multiples of 4 px."""

    def __init__(self, largest: int) -> None:
        self._largest = largest

    def prepare(self, *_: object) -> FrozenPatches:
        patches = FrozenPatches(
            Echo(), device=torch.device("cpu"), reach=Echo.reach, height=HEIGHT, width=WIDTH
        )
        patches.tile = self._largest
        return patches


def whole(reader: ArrayReader, plan: Plan) -> Pixels:
    writer = ArrayWriter(reader.info.width)
    translate(reader, writer, plan)
    return writer.pixels


def planned(reader: ArrayReader, engine: Engine, **options: object) -> Plan:
    return prepare(reader, engine, room=NOWHERE, **options)  # type: ignore[arg-type]


def inside(pixels: Pixels, region: Region) -> Pixels:
    y, x, height, width = region
    return pixels[y : y + height, x : x + width]


@st.composite
def regions(draw: st.DrawFn) -> Region:
    y, x = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
    height, width = draw(st.integers(1, HEIGHT - y)), draw(st.integers(1, WIDTH - x))
    return Region(y, x, height, width)


@settings(max_examples=25, deadline=None)
@given(region=regions(), blend=st.sampled_from(list(BLENDS)), halo=st.sampled_from([0, 4, 8]))
def test_patches_that_differ_are_those_of_the_whole_image(
    region: Region, blend: str, halo: int
) -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    engine = IdentityEngine() if blend == "crop" and halo == 8 else OfItsPatch()
    plan = planned(reader, engine, tile=64, halo=halo, blend=blend)
    found = excerpt(reader, plan, region)
    np.testing.assert_array_equal(found, inside(whole(reader, plan), region))


@settings(max_examples=25, deadline=None)
@given(region=regions(), tile=st.sampled_from([16, 40, 128, 512]))
def test_a_model_that_sees_its_surroundings_gets_them(region: Region, tile: int) -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    plan = planned(reader, EchoEngine(tile))
    found = excerpt(reader, plan, region)
    np.testing.assert_array_equal(found, inside(whole(reader, plan), region))


def test_little_more_than_the_region_is_translated() -> None:
    class Counting(IdentityEngine):
        done_px = 0

        def __call__(self, batch: Batch) -> Batch:
            Counting.done_px += batch[..., 0].size
            return batch

    reader = ArrayReader(noise(HEIGHT, WIDTH))
    plan = planned(reader, Counting(), tile=512)
    excerpt(reader, plan, Region(100, 100, 20, 30))
    assert Counting.done_px == 20 * 30


def test_what_the_whole_image_leaves_white_is_white() -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    tissue = np.ones((4, 5), dtype=bool)
    tissue[1, 2] = False
    plan = planned(reader, IdentityEngine(), blank=TissueMask(HEIGHT, WIDTH, 64, tissue))
    region = Region(50, 100, 90, 110)
    found = excerpt(reader, plan, region)
    assert (found == 255).all(axis=2).sum() == 64 * 64
    np.testing.assert_array_equal(found, inside(whole(reader, plan), region))


def test_a_region_outside_of_the_image_has_no_excerpt() -> None:
    reader = ArrayReader(noise(HEIGHT, WIDTH))
    with pytest.raises(ValueError, match="does not lie inside"):
        excerpt(reader, planned(reader, IdentityEngine()), Region(0, 300, 10, 11))
