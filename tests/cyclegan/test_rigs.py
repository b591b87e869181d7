"""Random rigs."""

from dataclasses import asdict

import numpy as np
import pytest

from cyclegan.dyes import blueness, estimate
from cyclegan.muse import MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.rigs import FAMILIES, draw_rig, tells_dyes_apart
from cyclegan.simulate import expose
from cyclegan.stains import Floats, Vector


@pytest.fixture(scope="module")
def rigs() -> list[MuseSpec]:
    rng = np.random.default_rng(0)
    return [draw_rig(rng) for _ in range(300)]


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return grow(150, 160, seed=2)


@pytest.fixture(scope="module")
def pictures(rigs: list[MuseSpec], tissue: Tissue) -> Floats:
    """The colours of tissue under every rig, (rigs, pixels, 3)."""
    made = [expose(tissue.nuclear, tissue.counterstain, rig).muse for rig in rigs[:100]]
    return np.stack(made).reshape(100, -1, 3).astype(np.float32)


def test_a_rig_is_a_function_of_the_generator() -> None:
    first, again, other = (draw_rig(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_rigs_differ_in_everything_but_what_may_be_left_out(rigs: list[MuseSpec]) -> None:
    for name, value in asdict(rigs[0]).items():
        values = {asdict(rig)[name] for rig in rigs}
        left_out = {"nuclear_floor", "specks_per_mpx", "dust_per_mpx", "gamma"}
        assert len(values) > (60 if name in left_out else 299), (name, value)


def test_real_rigs_lie_within_the_colours_that_are_drawn(pictures: Floats) -> None:
    means = pictures.mean(axis=1)
    # Mean colours of kidney at 10x and 4x, of a tumour slice, of fresh breast (published pictures).
    for colour in ((125, 85, 114), (168, 107, 159), (118, 54, 26), (78, 39, 8)):
        assert np.abs(means - colour).max(axis=1).min() < 35, colour


def test_backgrounds_are_black_to_bright(rigs: list[MuseSpec]) -> None:
    shown = [255 * (np.mean(rig.ambient) / 255) ** (1 / rig.gamma) for rig in rigs]
    assert np.mean(np.array(shown) < 20) > 0.2
    assert np.mean(np.array(shown) > 60) > 0.15
    assert max(shown) > 110


def test_some_rigs_have_blue_nuclei_and_some_hardly_any_blue(pictures: Floats) -> None:
    blue = np.mean(pictures[..., 2] - pictures[..., 0] > 30, axis=1)
    assert np.mean(blue > 0.1) > 0.15
    assert np.mean(blue < 0.001) > 0.15


def test_every_family_is_drawn(rigs: list[MuseSpec]) -> None:
    for family in FAMILIES.values():
        drawn = [is_within(rig.counterstain_dye, family.counterstain) for rig in rigs]
        assert sum(drawn) > 5
    assert sum(family.share for family in FAMILIES.values()) == pytest.approx(1)


def is_within(colour: Vector, ranges: tuple[tuple[float, float], ...]) -> bool:
    return all(low <= part <= high for part, (low, high) in zip(colour, ranges, strict=True))


def test_colour_mapping_names_the_dyes_of_nearly_all_rigs_rightly(
    rigs: list[MuseSpec], pictures: Floats
) -> None:
    right = 0
    for rig, picture in zip(rigs, pictures, strict=False):
        dyes = estimate(picture[::5].astype(np.uint8)[:, None])
        nuclear, counterstain = np.array(rig.nuclear_dye), np.array(rig.counterstain_dye)
        towards = np.array(dyes.nuclear) - np.array(dyes.counterstain)
        axis = nuclear / np.linalg.norm(nuclear) - counterstain / np.linalg.norm(counterstain)
        right += bool(towards @ axis > 0)
    assert right >= 95


@pytest.mark.parametrize(
    ("nuclear", "counterstain", "told"),
    [
        ((0.2, 0.3, 1), (1, 0.5, 0.1), True),
        ((1, 0.5, 0.2), (0.5, 1, 0.05), True),
        ((1, 0.5, 0.1), (0.2, 0.3, 1), False),
        ((1, 0.5, 0.3), (1, 0.5, 0.25), False),
        ((1, 0.5, 0.45), (1, 0.5, 0.2), False),
    ],
)
def test_dyes_that_would_be_mistaken_are_not_told_apart(
    nuclear: Vector, counterstain: Vector, *, told: bool
) -> None:
    rig = MuseSpec(nuclear_dye=nuclear, counterstain_dye=counterstain)
    assert tells_dyes_apart(rig) is told


def test_every_rig_has_the_bluer_nuclei(rigs: list[MuseSpec]) -> None:
    for rig in rigs:
        assert tells_dyes_apart(rig)
        assert blueness(np.array(rig.nuclear_dye)) > blueness(np.array(rig.counterstain_dye))
