"""What a network sees of an image is the same however it is cut, and fitted on all of it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cyclegan.engines.engine import Room, Stats
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.engines.seen import Seen
from cyclegan.images.image import Pixels
from cyclegan.inputs import INPUTS
from cyclegan.models.example import example_image
from cyclegan.translate import Plan, prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter
from tests.cyclegan.generators import random_generator, statistics_of

IMAGE = example_image(112)[:, :80]


def engine(stats: Stats, view: str) -> GeneratorEngine:
    network = random_generator(width=4)
    of_model = statistics_of(network) if stats == "model" else None
    cpu = torch.device("cpu")
    return GeneratorEngine(
        network, device=cpu, reach=189, stats=stats, statistics=of_model, view=view
    )


def planned(stats: Stats, view: str, pixels: Pixels, folder: Path, tile: int | None = None) -> Plan:
    return prepare(ArrayReader(pixels), engine(stats, view), room=Room(folder), tile=tile)


def translated(
    stats: Stats, view: str, pixels: Pixels, folder: Path, tile: int | None = None
) -> Pixels:
    writer = ArrayWriter(pixels.shape[1])
    with planned(stats, view, pixels, folder, tile) as plan:
        translate(ArrayReader(pixels), writer, plan)
    return writer.pixels


@pytest.mark.parametrize("stats", ["exact", "sampled", "model", "tile"])
def test_every_way_of_translating_sees_the_image_through_the_view(
    stats: Stats, tmp_path: Path
) -> None:
    seen = INPUTS["dyes"](ArrayReader(IMAGE))(IMAGE)
    wanted = translated(stats, "rgb", seen, tmp_path)
    assert np.array_equal(translated(stats, "dyes", IMAGE, tmp_path), wanted)
    assert not np.array_equal(translated(stats, "rgb", IMAGE, tmp_path), wanted)


def test_a_view_is_fitted_on_the_whole_image_for_any_tiling(tmp_path: Path) -> None:
    pixels = np.concatenate([IMAGE // 4, np.tile(IMAGE, (5, 1, 1))])
    one, other = (translated("model", "dyes", pixels, tmp_path, tile) for tile in (None, 448))
    assert np.abs(one.astype(int) - other).max() <= 1


@pytest.mark.parametrize("stats", ["exact", "sampled", "model", "tile"])
def test_the_provenance_has_the_view_and_what_was_fitted(stats: Stats, tmp_path: Path) -> None:
    with planned(stats, "dyes", IMAGE, tmp_path) as plan:
        told = plan.provenance()["view"]
    assert told == INPUTS["dyes"](ArrayReader(IMAGE)).provenance()


@pytest.mark.parametrize("view", INPUTS)
def test_a_seen_region_is_that_part_of_the_seen_image(view: str) -> None:
    reader = ArrayReader(IMAGE)
    seen = Seen(reader, INPUTS[view](reader))
    whole = seen.read(0, 0, *IMAGE.shape[:2])
    assert np.array_equal(seen.read(7, 5, 30, 41), whole[7:37, 5:46])
    assert seen.info == reader.info


def test_an_image_seen_as_it_is_is_not_copied() -> None:
    reader = ArrayReader(IMAGE)
    seen = Seen(reader, INPUTS["rgb"](reader))
    assert np.shares_memory(seen.read(3, 2, 10, 10), IMAGE)
