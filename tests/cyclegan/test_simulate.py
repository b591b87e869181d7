"""From stains to light."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cyclegan.muse import CLEAN, MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.simulate import expose, on_slide, simulate, stain_tops
from cyclegan.stain_fit import fitted_stains
from cyclegan.stains import EOSIN, render
from tests.cyclegan.arrays import noise

ONE_EACH = replace(
    CLEAN,
    nuclear_dye=(0, 0, 1),
    counterstain_dye=(1, 0, 0),
    nuclear_level=100,
    counterstain_level=100,
    ambient=(0, 0, 0),
)
"""Blue for the nuclear dye, red for the counterstain, 100 grey levels of each."""


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return grow(160, 210, seed=4)


def test_the_clean_model_is_the_sum_of_two_dyes_and_the_ambient_light() -> None:
    spec = replace(
        CLEAN,
        nuclear_dye=(0, 0.5, 1),
        counterstain_dye=(2, 1, 0),
        nuclear_level=100,
        counterstain_level=80,
        ambient=(5, 6, 7),
    )
    half, quarter = np.full((1, 1), 0.5, np.float32), np.full((1, 1), 0.25, np.float32)
    assert expose(half, quarter, spec).muse[0, 0].tolist() == [5 + 20, 6 + 25 + 10, 7 + 50]


def test_the_same_seed_makes_the_same_picture(tissue: Tissue) -> None:
    pictures = [
        expose(tissue.nuclear, tissue.counterstain, MuseSpec(seed=seed)).muse for seed in (1, 1, 2)
    ]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_the_truth_is_the_concentrations_drawn_as_stains(tissue: Tissue) -> None:
    made = expose(tissue.nuclear, tissue.counterstain)
    assert np.array_equal(made.he, render(tissue.nuclear, tissue.counterstain))
    assert np.array_equal(made.nuclear, tissue.nuclear)


def test_haze_lights_up_what_has_no_dye() -> None:
    spot, nothing = np.zeros((2, 61, 61), dtype=np.float32)
    spot[28:33, 28:33] = 1
    hazy = expose(nothing, spot, replace(CLEAN, haze=2.0, haze_px=5.0)).muse
    assert hazy[30, 22, 0] > CLEAN.ambient[0] + 2
    assert expose(nothing, spot, CLEAN).muse[30, 22, 0] == CLEAN.ambient[0]


def test_defocus_softens_edges_and_keeps_the_light() -> None:
    step = np.zeros((80, 80), dtype=np.float32)
    step[:, 40:] = 1
    nothing = np.zeros_like(step)
    sharp, soft = (
        expose(nothing, step, s).muse.astype(int) for s in (CLEAN, replace(CLEAN, defocus_px=3))
    )
    assert (
        np.abs(np.diff(soft[..., 0], axis=1)).max() < np.abs(np.diff(sharp[..., 0], axis=1)).max()
    )
    assert soft.mean() == pytest.approx(sharp.mean(), abs=1)


def test_vignetting_darkens_the_corners_and_not_the_centre() -> None:
    ones = np.ones((41, 41), dtype=np.float32)
    light = expose(ones, ones, replace(CLEAN, vignetting=0.5, ambient=(0, 0, 0))).muse.astype(int)
    flat = expose(ones, ones, replace(CLEAN, ambient=(0, 0, 0))).muse.astype(int)
    assert light[20, 20].tolist() == flat[20, 20].tolist()
    assert light[0, 0, 1] == pytest.approx(0.5 * flat[0, 0, 1], abs=1)


def test_fewer_electrons_make_more_noise() -> None:
    half = np.full((60, 60), 0.5, dtype=np.float32)
    noises = [
        expose(half, half, replace(CLEAN, electrons=count)).muse.std(axis=(0, 1)).max()
        for count in (np.inf, 20_000, 500)
    ]
    assert noises[0] == 0
    assert noises[1] < noises[2]


def test_shot_noise_has_the_spread_of_counted_electrons() -> None:
    full = np.ones((200, 200), dtype=np.float32)
    spec = replace(CLEAN, electrons=1000, counterstain_level=100, ambient=(0, 0, 0))
    red = expose(np.zeros_like(full), full, spec).muse[..., 0]
    expected = np.sqrt(100 / 255 * 1000) * 255 / 1000
    assert red.std() == pytest.approx(expected, rel=0.05)


def test_read_noise_has_the_spread_that_is_said() -> None:
    half = np.full((150, 150), 0.5, dtype=np.float32)
    blue = expose(half, half, replace(ONE_EACH, read_noise=4.0)).muse[..., 2]
    assert blue.std() == pytest.approx(4, rel=0.05)


def test_light_between_two_levels_is_rounded() -> None:
    assert pixel(0.507, 0.513, ONE_EACH) == [51, 0, 51]


def test_too_much_light_saturates_instead_of_wrapping() -> None:
    ones = np.ones((3, 3), dtype=np.float32)
    assert expose(ones, ones, replace(CLEAN, nuclear_level=900)).muse[0, 0, 2] == 255


def test_gamma_lifts_the_middle_and_keeps_the_ends() -> None:
    ramp = np.linspace(0, 1, 11, dtype=np.float32)[None]
    spec = replace(CLEAN, gamma=2.2, counterstain_level=255, ambient=(0, 0, 0))
    red = expose(np.zeros_like(ramp), ramp, spec).muse[0, :, 0]
    assert (red[0], red[-1]) == (0, 255)
    assert red[5] == round(255 * 0.5 ** (1 / 2.2))


def test_an_he_picture_becomes_blue_nuclei_on_orange(tissue: Tissue) -> None:
    made = simulate(render(tissue.nuclear, tissue.counterstain))
    nuclei = made.muse[tissue.nuclear > 0.6].mean(axis=0)
    stroma = made.muse[(tissue.nuclear < 0.05) & (tissue.counterstain > 0.4)].mean(axis=0)
    assert nuclei[2] > nuclei[0]
    assert stroma[0] > 2 * stroma[2]


def test_the_truth_of_an_he_picture_follows_its_nuclei(tissue: Tissue) -> None:
    made = simulate(render(tissue.nuclear, tissue.counterstain))
    assert np.corrcoef(made.nuclear.ravel(), tissue.nuclear.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("shape", [(1, 1), (1, 19), (23, 1), (37, 41)])
def test_any_picture_of_any_size_can_be_simulated(shape: tuple[int, int]) -> None:
    made = simulate(noise(*shape))
    assert made.muse.shape == made.he.shape == (*shape, 3)
    assert np.isfinite(made.nuclear).all()


def test_white_paper_stays_dark() -> None:
    made = simulate(np.full((20, 20, 3), 255, dtype=np.uint8), CLEAN)
    assert made.muse[10, 10].tolist() == list(CLEAN.ambient)


def test_a_part_of_a_slide_looks_as_it_does_in_the_whole(tissue: Tissue) -> None:
    he = render(tissue.nuclear, tissue.counterstain)
    tops = stain_tops(he[::2, ::2])
    whole, part = (simulate(he[cut], CLEAN, tops=tops) for cut in (np.s_[:], np.s_[:40, :50]))
    assert np.array_equal(part.muse, whole.muse[:40, :50])
    assert np.array_equal(simulate(he, CLEAN, tops=stain_tops(he)).muse, simulate(he, CLEAN).muse)
    assert not np.array_equal(simulate(he[:40, :50], CLEAN).muse, part.muse)


def test_stains_without_nuclei_are_not_drawn_as_nuclei() -> None:
    fibres = np.linspace(0, 0.6, 900, dtype=np.float32).reshape(30, 30)
    made = simulate(render(np.zeros_like(fibres), fibres), CLEAN)
    assert made.nuclear.max() < 0.35


def test_other_stain_vectors_see_other_nuclei(tissue: Tissue) -> None:
    he = render(tissue.nuclear, tissue.counterstain)
    other = replace(CLEAN, haematoxylin=(0.55, 0.75, 0.36))
    assert not np.allclose(simulate(he, other).nuclear, simulate(he, CLEAN).nuclear, atol=0.01)


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"nuclear_exponent": 2.0}, 100 * 0.25),
        ({"nuclear_floor": 0.2}, 100 * 0.3 / 0.8),
        ({"nuclear_floor": 0.6}, 0),
        ({"nuclear_quenching": 0.4}, 100 * 0.5 * (1 - 0.4 * 0.25)),
        ({"gains": (1.0, 1.0, 1.5)}, 150 * 0.5),
    ],
)
def test_the_light_of_the_nuclear_dye_is_as_said(change: dict[str, Any], level: float) -> None:
    spec = replace(ONE_EACH, **change)
    assert abs(pixel(0.5, 0.25, spec)[2] - level) <= 0.5


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"counterstain_exponent": 0.5}, 100 * 0.5),
        ({"counterstain_quenching": 0.4}, 100 * 0.25 * (1 - 0.4 * 0.5)),
        ({"gains": (3.0, 1.0, 1.0)}, 300 * 0.25),
        ({"gains": (12.0, 1.0, 1.0)}, 255),
    ],
)
def test_the_light_of_the_counterstain_is_as_said(change: dict[str, Any], level: float) -> None:
    spec = replace(ONE_EACH, **change)
    assert abs(pixel(0.5, 0.25, spec)[0] - level) <= 0.5


def test_haze_can_hold_less_of_the_nuclear_dye() -> None:
    even = np.full((60, 60), 0.5, dtype=np.float32)
    hazy = replace(ONE_EACH, haze=1.0, haze_nuclear=0.2)
    assert expose(even, even, hazy).muse[30, 30].tolist() == [100, 0, 60]


def test_specks_glow_in_both_dyes_and_are_no_truth() -> None:
    nothing = np.zeros((200, 200), dtype=np.float32)
    spec = replace(ONE_EACH, specks_per_mpx=500, specks_nuclear_level=90)
    made = expose(nothing, nothing, replace(spec, specks_counterstain_level=120))
    speck = np.unravel_index(made.muse[..., 0].argmax(), nothing.shape)
    assert made.muse[speck].tolist() == pytest.approx([90, 0, 68], abs=32)
    assert not made.nuclear.any()
    assert (made.he == 255).all()


def test_dust_takes_light_and_none_of_the_truth() -> None:
    half = np.full((200, 200), 0.5, dtype=np.float32)
    made = expose(half, half, replace(ONE_EACH, dust_per_mpx=300, dust_loss=0.8))
    assert made.muse[..., 0].min() < 30
    assert made.muse[..., 0].max() == 50
    assert (made.counterstain == 0.5).all()


def test_a_microscope_out_of_focus_is_blurred_everywhere() -> None:
    step = np.zeros((60, 60), dtype=np.float32)
    step[:, 30:] = 1
    soft = expose(step, step, replace(ONE_EACH, blur_px=2.0)).muse[..., 0].astype(int)
    assert np.diff(soft, axis=1).max() < 30


def pixel(nuclear: float, counterstain: float, spec: MuseSpec) -> list[int]:
    """Red, green, blue of one pixel with so much of both dyes."""
    first, second = (np.full((1, 1), c, dtype=np.float32) for c in (nuclear, counterstain))
    levels: list[int] = expose(first, second, spec).muse[0, 0].tolist()
    return levels


def test_a_rig_on_a_slide_sees_its_stains_as_far_off_as_its_own_are() -> None:
    tissue = grow(90, 90)
    he = render(tissue.nuclear, tissue.counterstain)
    usual = on_slide(MuseSpec(), he)
    moved = on_slide(replace(MuseSpec(), eosin=(0.1, 0.95, 0.2)), he)
    assert np.array([usual.haematoxylin, usual.eosin]) == pytest.approx(np.array(fitted_stains(he)))
    assert moved.haematoxylin == usual.haematoxylin
    away = np.array(moved.eosin) - np.array(usual.eosin)
    assert away == pytest.approx(np.array((0.1, 0.95, 0.2)) - np.array(EOSIN), abs=1e-6)


def test_a_black_frame_does_not_dim_the_tissue() -> None:
    tissue = grow(90, 90)
    he = render(tissue.nuclear, tissue.counterstain)
    framed = np.pad(he, ((20, 0), (20, 0), (0, 0)))
    assert stain_tops(framed) == stain_tops(he)


def test_what_is_black_does_not_glow() -> None:
    tissue = grow(90, 90)
    framed = np.pad(render(tissue.nuclear, tissue.counterstain), ((20, 0), (20, 0), (0, 0)))
    muse = simulate(framed, replace(CLEAN, ambient=(0, 0, 0))).muse
    assert muse[:20].max() == 0
    assert muse[:, :20].max() == 0
    assert muse[20:, 20:].max() > 100
