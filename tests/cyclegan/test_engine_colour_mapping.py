"""Virtual H&E by unmixing, held against simulated images whose truth is known."""

import json

import numpy as np
import pytest

from cyclegan.engines.colour_mapping import (
    ColourMapping,
    ColourMappingEngine,
    ColourMappingSettings,
)
from cyclegan.engines.engine import Watch
from cyclegan.errors import SettingsError
from cyclegan.images.image import Pixels
from cyclegan.muse import CLEAN, MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.simulate import Simulation, expose
from cyclegan.stains import Colouring, optical_density, separate
from tests.cyclegan.arrays import NOWHERE, ArrayReader, noise

OTHER_CONDITIONS = {
    "haze, shading, noise": MuseSpec(),
    "other dyes": MuseSpec(nuclear_dye=(0.1, 0.2, 1), counterstain_dye=(1, 0.35, 0.3), seed=2),
    "noisy camera": MuseSpec(electrons=1000, read_noise=3, seed=3),
    "orange nuclei on green": MuseSpec(
        nuclear_dye=(1, 0.5, 0.25), counterstain_dye=(0.4, 0.8, 0.1), seed=4
    ),
    "red-brown": MuseSpec(nuclear_dye=(0.9, 0.5, 0.45), counterstain_dye=(1, 0.4, 0.1), seed=5),
    "bright background": MuseSpec(
        ambient=(70, 60, 60), nuclear_level=150, counterstain_level=120, haze=0.2, seed=6
    ),
}
"""Rigs that do what the engine does not model, with dyes it is not told."""


@pytest.fixture(scope="module")
def tissue() -> Tissue:
    return grow(512, 640, seed=3)


def prepared(picture: Pixels, settings: ColourMappingSettings | None = None) -> ColourMapping:
    return ColourMappingEngine(settings).prepare(ArrayReader(picture), NOWHERE, Watch())


def translated(picture: Pixels, settings: ColourMappingSettings | None = None) -> Pixels:
    return np.asarray(prepared(picture, settings)(picture[None])[0])


def exposed(tissue: Tissue, spec: MuseSpec) -> Simulation:
    return expose(tissue.nuclear, tissue.counterstain, spec)


@pytest.mark.parametrize(
    "spec",
    [
        CLEAN,
        MuseSpec(**{**vars(CLEAN), "nuclear_dye": (0, 0, 1), "counterstain_dye": (1, 0.45, 0.15)}),
    ],
    ids=["default dyes", "pure dyes"],
)
def test_two_dyes_without_optics_are_undone_to_a_grey_level(tissue: Tissue, spec: MuseSpec) -> None:
    made = exposed(tissue, spec)
    error = np.abs(translated(made.muse).astype(int) - made.he)
    assert error.mean() < 1.5  # measured: 0.5 and 0.7
    assert np.percentile(error, 99) < 10


@pytest.mark.parametrize("spec", OTHER_CONDITIONS.values(), ids=OTHER_CONDITIONS.keys())
def test_other_conditions_keep_close_to_the_truth(tissue: Tissue, spec: MuseSpec) -> None:
    made = exposed(tissue, spec)
    error = np.abs(translated(made.muse).astype(int) - made.he)
    assert error.mean() < 12  # haze is light from elsewhere, which no pixel can know


@pytest.mark.parametrize("spec", OTHER_CONDITIONS.values(), ids=OTHER_CONDITIONS.keys())
def test_haematoxylin_follows_the_true_nuclei(tissue: Tissue, spec: MuseSpec) -> None:
    made = exposed(tissue, spec)
    haematoxylin = separate(translated(made.muse))[..., 0]
    assert np.corrcoef(haematoxylin.ravel(), made.nuclear.ravel())[0, 1] > 0.93


@pytest.mark.parametrize("spec", OTHER_CONDITIONS.values(), ids=OTHER_CONDITIONS.keys())
def test_nuclei_are_dark_blue_and_stroma_is_pink(tissue: Tissue, spec: MuseSpec) -> None:
    made = exposed(tissue, spec)
    picture = translated(made.muse).astype(float)
    red, green, blue = picture[made.nuclear > 0.7].mean(axis=0)
    assert blue > red > green
    assert green < 110
    red, green, blue = picture[(made.nuclear < 0.02) & (made.counterstain > 0.3)].mean(axis=0)
    assert red > blue > green
    assert red > 190


@pytest.mark.parametrize("spec", [CLEAN, *OTHER_CONDITIONS.values()])
def test_background_is_white(tissue: Tissue, spec: MuseSpec) -> None:
    made = exposed(tissue, spec)
    nothing = (made.nuclear < 0.005) & (made.counterstain < 0.005)
    density = optical_density(translated(made.muse)[nothing]).mean(axis=-1)
    assert np.median(density) < 0.05
    assert np.percentile(density, 90) < 0.05


def test_patches_equal_the_whole_in_any_cut_and_order(tissue: Tissue) -> None:
    picture = exposed(tissue, MuseSpec()).muse
    whole = translated(picture)
    engine = prepared(picture)
    for y, x, size in ((300, 17, 101), (0, 0, 1), (411, 539, 101), (5, 300, 64)):
        patch = picture[y : y + size, x : x + size]
        assert np.array_equal(engine(patch[None])[0], whole[y : y + size, x : x + size])


def test_patches_of_a_batch_do_not_see_each_other(tissue: Tissue) -> None:
    picture = exposed(tissue, MuseSpec()).muse
    engine = prepared(picture)
    batch = np.stack([picture[:99, :77], picture[200:299, 300:377], picture[-99:, -77:]])
    assert np.array_equal(engine(batch)[::-1], engine(batch[::-1]))


def test_equal_pixels_become_equal_pixels(tissue: Tissue) -> None:
    picture = exposed(tissue, MuseSpec()).muse
    key = picture.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    result = translated(picture).astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    assert np.array_equal(result.ravel(), result.ravel()[first][inverse.ravel()])


def test_the_batch_is_not_changed(tissue: Tissue) -> None:
    batch = exposed(tissue, MuseSpec()).muse[None]
    before = batch.copy()
    translated(batch[0])
    assert np.array_equal(batch, before)


@pytest.mark.parametrize(
    "colour", [(0, 0, 0), (255, 255, 255), (160, 80, 30), (90, 90, 90), (0, 0, 255)]
)
@pytest.mark.parametrize("shape", [(1, 1), (1, 17), (40, 53)])
def test_an_image_of_one_colour_is_all_background(
    colour: tuple[int, int, int], shape: tuple[int, int]
) -> None:
    assert (translated(np.full((*shape, 3), colour, dtype=np.uint8)) == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (61, 1), (5, 3), (97, 89)])
def test_random_images_of_any_size_are_translated(shape: tuple[int, int]) -> None:
    assert translated(noise(*shape)).shape == (*shape, 3)


def test_noise_in_the_dark_is_not_made_tissue() -> None:
    dark = np.clip(np.random.default_rng(0).normal(6, 2, (200, 200, 3)), 0, 255).astype(np.uint8)
    assert translated(dark).min() > 225


def test_a_grey_image_is_taken_for_the_nuclear_dye(tissue: Tissue) -> None:
    grey = np.rint(20 + 200 * tissue.nuclear).astype(np.uint8)
    picture = translated(np.repeat(grey[..., None], 3, axis=2)).astype(float)
    red, green, blue = picture[tissue.nuclear > 0.7].mean(axis=0)
    assert blue > 140 > red > green
    assert picture[tissue.nuclear < 0.01].mean() > 250


def test_paper_white_around_a_specimen_stays_white(tissue: Tissue) -> None:
    picture = exposed(tissue, MuseSpec()).muse.copy()
    picture[:, :150] = 255
    assert (translated(picture)[:, :150] == 255).all()


def test_colours_that_are_given_are_used(tissue: Tissue) -> None:
    settings = ColourMappingSettings(
        background=(3, 4, 5), nuclear_dye=(0, 0, 9), counterstain_dye=(3, 4, 0)
    )
    engine = prepared(exposed(tissue, MuseSpec()).muse, settings)
    assert list(engine.dyes.background) == [3, 4, 5]
    assert list(engine.dyes.nuclear) == [0, 0, 1]
    assert engine.dyes.counterstain == pytest.approx((0.6, 0.8, 0))


def test_a_stronger_stain_is_darker(tissue: Tissue) -> None:
    picture = exposed(tissue, MuseSpec()).muse
    strong = ColourMappingSettings(colouring=Colouring(nuclear_k=2.5, counterstain_k=2.5))
    assert translated(picture, strong).mean() < translated(picture).mean()


def test_the_record_is_plain_json_and_names_dyes_and_constants(tissue: Tissue) -> None:
    engine = prepared(exposed(tissue, MuseSpec()).muse)
    record = engine.provenance()
    assert json.loads(json.dumps(record)) == record
    assert {"equation", "colouring", "percentile", "dyes"} <= record.keys()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"nuclear_dye": (0, 0, 0)}, "not all 0"),
        ({"counterstain_dye": (1, -1, 0)}, ">= 0"),
        ({"nuclear_dye": (1, 1, 0), "counterstain_dye": (2, 2, 0)}, "one colour"),
        ({"percentile": 101.0}, "50..100"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        ColourMappingSettings(**settings)  # type: ignore[arg-type]  # wrong on purpose
