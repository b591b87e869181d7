"""What every metric keeps to, whatever it measures."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import chain

import numpy as np
import pytest

from cyclegan.dyes import estimate
from cyclegan.evaluate import FIELD_METRICS, METRICS, SET_METRICS
from cyclegan.evaluate.field import Field, Lines, Scene
from cyclegan.evaluate.look import Look, look_at
from cyclegan.images.image import Pixels
from cyclegan.muse import CLEAN
from cyclegan.phantom import grow
from cyclegan.sample import sample_blocks
from cyclegan.simulate import simulate
from cyclegan.stains import render
from tests.cyclegan.arrays import ArrayReader, noise
from tests.cyclegan.evaluate.pictures import DYES, ONE_COLOUR, field_of, flat

LINES = Lines(rows=(100,), columns=(64, 128))
PICTURES = {
    "white": flat(200, 220, 255),
    "black": flat(200, 220, 0),
    "grey": flat(200, 220, 90),
    "one pixel": noise(1, 1),
    "a row": noise(1, 300),
    "small": noise(7, 5),
    "noise": noise(200, 190),
}


@cache
def tissue(seed: int = 0) -> Pixels:
    grown = grow(256, 256, seed=seed)
    picture = render(grown.nuclear, grown.counterstain)
    picture.flags.writeable = False
    return picture


@cache
def look_of(seed: int, *, turned_over: bool = False) -> Look:
    return look_at(255 - tissue(seed) if turned_over else tissue(seed))


@cache
def real_field(copy: int = 0) -> Field:
    """Tissue, simulated fluorescence of it, and an output that is nearly the truth; read-only."""
    truth = tissue()
    output = np.clip(truth.astype(np.int16) + 5, 0, 255).astype(np.uint8)
    muse = simulate(truth, CLEAN).muse
    for picture in (output, muse):
        picture.flags.writeable = False
    dyes = estimate(sample_blocks(ArrayReader(muse), count=5000))
    scene = Scene(muse, truth, dyes, spacing_um=0.5)
    return Field(scene, output, LINES, ((output[:50, :60], output[1:51, :60]),))


@cache
def scored(*, well: bool) -> Field:
    """An output that is the truth, and one that is other tissue in wrong colours."""
    return Field(real_field().scene, tissue() if well else 255 - tissue(1))


@cache
def mirrored_field() -> Field:
    field = real_field()
    assert field.scene.truth is not None
    given, truth, made = (
        np.ascontiguousarray(picture[::-1])
        for picture in (field.scene.input, field.scene.truth, field.output)
    )
    scene = replace(field.scene, input=given, truth=truth)
    return Field(scene, made, Lines((156,), LINES.columns), field.twice)


@cache
def odd_fields(name: str) -> list[Field]:
    """Outputs of which there is little to say, with several inputs."""
    picture = PICTURES[name]
    other = np.ascontiguousarray(picture[::-1, ::-1])
    return [
        field_of(made, given=given, truth=other, lines=LINES, twice=((made, given),), dyes=dyes)
        for made, given, dyes in (
            (picture, picture, DYES),
            (picture, other, ONE_COLOUR),
            (picture, np.full_like(picture, 9), ONE_COLOUR),
        )
    ]


@cache
def odd_look(name: str) -> Look:
    return look_at(PICTURES[name])


@pytest.mark.parametrize("key", METRICS)
def test_a_metric_says_what_it_is(key: str) -> None:
    metric = METRICS[key]
    assert metric.title
    assert metric.meaning.count(".") >= 2 or ";" in metric.meaning
    assert [m.title for m in METRICS.values()].count(metric.title) == 1
    assert "FID" not in metric.title


@pytest.mark.parametrize("key", FIELD_METRICS)
def test_a_field_with_nothing_to_measure_gives_no_wrong_number(key: str) -> None:
    for field in chain.from_iterable(map(odd_fields, PICTURES)):
        reading = FIELD_METRICS[key].measure(field)
        if reading is not None:
            assert math.isfinite(FIELD_METRICS[key].value_of(reading.value))
            assert reading.weight > 0


@pytest.mark.parametrize("key", FIELD_METRICS)
def test_tissue_can_be_measured_again_with_the_same_result(key: str) -> None:
    first, second = (FIELD_METRICS[key].measure(real_field(copy)) for copy in range(2))
    assert first is not None
    assert first == second


@pytest.mark.parametrize("key", FIELD_METRICS)
def test_a_mirrored_field_measures_the_same(key: str) -> None:
    first, second = (FIELD_METRICS[key].measure(f) for f in (real_field(), mirrored_field()))
    assert first is not None
    assert second is not None
    assert second.value == pytest.approx(first.value, rel=0.02, abs=0.02)


@pytest.mark.parametrize("key", FIELD_METRICS)
def test_a_metric_asks_only_for_what_it_says_that_it_needs(key: str) -> None:
    field, metric = real_field(), FIELD_METRICS[key]
    without_truth = Field(replace(field.scene, truth=None), field.output, LINES, field.twice)
    without_tiles = Field(field.scene, field.output)
    assert (metric.measure(without_truth) is None) == (metric.needs == "truth")
    assert (metric.measure(without_tiles) is None) == (metric.needs == "tiles")


@pytest.mark.parametrize("key", [key for key, m in FIELD_METRICS.items() if m.needs == "truth"])
def test_the_truth_itself_scores_better_than_other_tissue(key: str) -> None:
    metric = FIELD_METRICS[key]
    well, badly = (metric.measure(scored(well=well)) for well in (True, False))
    assert well is not None
    # A sea of stain has no objects, so that there is nothing to have a share of.
    assert badly is not None or key == "true_objects_precision"
    if badly is not None:
        better = metric.value_of(well.value) > metric.value_of(badly.value)
        assert better == (metric.better == "higher")


@pytest.mark.parametrize("key", SET_METRICS)
@pytest.mark.parametrize("name", ["white", "grey", "one pixel", "noise"])
def test_a_set_with_nothing_to_measure_gives_no_wrong_number(key: str, name: str) -> None:
    odd, real = [odd_look(name)], [look_of(0)]
    for made, others in ((odd, real), (real, odd), (odd, odd), ([], real), (real, []), ([], [])):
        value = SET_METRICS[key].compare(made, others)
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize("key", SET_METRICS)
def test_a_set_is_next_to_itself_and_away_from_another(key: str) -> None:
    made = [look_of(seed) for seed in range(2)]
    others = [look_of(seed, turned_over=True) for seed in range(2)]
    compare = SET_METRICS[key].compare
    same, far = compare(made, made), compare(others, made)
    assert same is not None
    assert far is not None
    assert same < 1e-6  # an unbiased estimate is below 0 here
    assert far > 0.01
    assert compare(others, made) == far
