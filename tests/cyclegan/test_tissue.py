"""Where images hold tissue."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from cyclegan import tissue
from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from cyclegan.muse import MuseSpec
from cyclegan.phantom import Tissue, grow
from cyclegan.simulate import expose
from cyclegan.stains import render
from cyclegan.tissue import TissueMask, find_tissue
from tests.cyclegan.arrays import ArrayReader

FOLDER = os.environ.get("COLORMAPPER_TEST_DATA")
HEIGHT, WIDTH, EDGE = 500, 900, 450
"""px: tissue ends at the column `EDGE`."""

MUSE = {
    "as it is": MuseSpec(),
    "a glowing ground": MuseSpec(ambient=(60, 50, 70)),
    "a bright ground and dim dyes under uneven light": MuseSpec(
        ambient=(100, 90, 110),
        nuclear_level=100,
        counterstain_level=80,
        vignetting=0.3,
        shading=0.2,
    ),
    "noise": MuseSpec(electrons=800, read_noise=4),
    "much noise": MuseSpec(electrons=200, read_noise=8),
    "dim dyes": MuseSpec(nuclear_level=40, counterstain_level=30),
    "no haze on black": MuseSpec(haze=0, ambient=(0, 0, 0)),
    "out of focus": MuseSpec(defocus_px=8, haze=1),
    "overexposed": MuseSpec(nuclear_level=900, counterstain_level=900),
    "a bent response": MuseSpec(gamma=2.2),
}


@cache
def grown() -> Tissue:
    return grow(HEIGHT, WIDTH, seed=1)


def cut_off() -> tuple[np.ndarray, np.ndarray]:
    """Both concentrations, 0 right of the edge."""
    inside = np.arange(WIDTH) < EDGE
    return grown().nuclear * inside, grown().counterstain * inside


@cache
def muse(rig: str) -> Pixels:
    return expose(*cut_off(), MUSE[rig]).muse


@cache
def full(rig: str) -> Pixels:
    """Tissue from edge to edge."""
    return expose(grown().nuclear, grown().counterstain, MUSE[rig]).muse


def he(darker: float = 0.0, sigma: float = 0.0) -> Pixels:
    """On glass that is not quite white."""
    grain = np.random.default_rng(0).normal(0, sigma, (HEIGHT, WIDTH, 3))
    light = 1 - darker * np.hypot(*np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]) ** 2
    pixels = render(*cut_off()) * light[..., None] - 10 + grain
    return np.asarray(pixels.clip(0, 255).astype(np.uint8))


def mask_of(pixels: Pixels) -> TissueMask:
    return find_tissue(ArrayReader(pixels))


@pytest.mark.parametrize("rig", MUSE)
def test_the_ground_of_fluorescence_is_blank_but_for_a_margin(rig: str) -> None:
    tissue_of_rig = mask_of(muse(rig)).tissue
    assert tissue_of_rig[:, : EDGE // 64 + 2].all()
    assert not tissue_of_rig[:, EDGE // 64 + 4 :].any()


@pytest.mark.parametrize("darker", [0, 0.04])
@pytest.mark.parametrize("sigma", [0, 4])
def test_the_glass_of_bright_field_is_blank_but_for_a_margin(darker: float, sigma: float) -> None:
    tissue_of_slide = mask_of(he(darker, sigma)).tissue
    assert tissue_of_slide[:, : EDGE // 64 + 2].all()
    assert not tissue_of_slide[:, EDGE // 64 + 4 :].any()


@pytest.mark.parametrize("rig", MUSE)
def test_nothing_of_an_image_full_of_tissue_is_blank(rig: str) -> None:
    assert mask_of(full(rig)).blank_pixels == 0


def test_nothing_of_a_bright_field_image_full_of_tissue_is_blank() -> None:
    assert mask_of(render(grown().nuclear, grown().counterstain)).blank_pixels == 0


@pytest.mark.parametrize("level", [(0, 0, 0), (14, 10, 14), (60, 50, 70), (243, 244, 246)])
@pytest.mark.parametrize("sigma", [0, 2, 8])
def test_an_image_of_nothing_but_ground_is_all_blank(
    level: tuple[int, int, int], sigma: float
) -> None:
    grain = np.random.default_rng(0).normal(level, sigma, (400, 500, 3))
    assert mask_of(grain.round().clip(0, 255).astype(np.uint8)).blank_share == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (40, 40), (190, 250)])
def test_images_too_small_to_save_anything_have_no_blank(shape: tuple[int, int]) -> None:
    assert mask_of(np.zeros((*shape, 3), np.uint8)).blank_pixels == 0


def test_a_lone_cell_far_from_all_tissue_is_tissue() -> None:
    pixels = muse("as it is").copy()
    pixels[200:212, 800:812] += 12
    assert mask_of(pixels).tissue[2:5, 11:14].all()


def test_a_faint_speck_is_tissue() -> None:
    pixels = muse("no haze on black").copy()
    pixels[200:208, 800:808] += 10
    assert mask_of(pixels).tissue[2:5, 11:14].all()


def test_dim_tissue_without_any_texture_is_tissue() -> None:
    pixels = muse("as it is").astype(int)
    pixels[100:400, 700:] += 8
    found = mask_of(pixels.clip(0, 255).astype(np.uint8)).tissue
    assert found[100 // 64 : 400 // 64 + 1, 700 // 64 :].all()


def test_overexposed_tissue_without_any_texture_is_tissue() -> None:
    pixels = muse("as it is").copy()
    pixels[100:400, :400] = 120, 80, 255
    assert mask_of(pixels).tissue[:, : EDGE // 64].all()


def test_an_overexposed_image_without_any_texture_has_no_blank() -> None:
    assert mask_of(np.full((400, 500, 3), (40, 20, 255), np.uint8)).blank_pixels == 0


def test_a_bright_ground_with_a_colour_is_no_glass() -> None:
    pixels = (he() * (1, 0.7, 0.85)).astype(np.uint8)
    assert mask_of(pixels).blank_pixels == 0


def test_coloured_areas_of_bright_field_are_tissue() -> None:
    pixels = he()
    pixels[:, 700:] = 235, 180, 205
    assert mask_of(pixels).tissue[:, 700 // 64 :].all()


def test_black_paddings_of_scanners_are_blank() -> None:
    pixels = he()
    pixels[:, 600:] = 0
    assert not mask_of(pixels).tissue[:, 11:].any()


def test_a_smooth_lumen_brighter_than_tissue_around_it_is_tissue() -> None:
    pixels = full("as it is").copy()
    pixels[50:, 250:850] = 75, 45, 55
    assert mask_of(pixels).blank_pixels == 0


def test_the_same_pixels_give_the_same_mask() -> None:
    first, again = (mask_of(muse("noise")).tissue for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_blocks_grow_so_that_they_do_not_become_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tissue, "MAX_BLOCKS", 40)
    found = mask_of(muse("as it is"))
    assert found.block == 128
    assert found.tissue.shape == (4, 8)


def test_blank_is_asked_for_any_region() -> None:
    mask = TissueMask(100, 130, 32, np.arange(20).reshape(4, 5) == 7)
    assert mask.is_blank(0, 0, 32, 130)
    assert mask.is_blank(32, 0, 68, 64)
    assert not mask.is_blank(63, 95, 1, 1)
    assert mask.is_blank(64, 96, 1, 1)
    assert mask.is_blank(100, 130, 500, 500), "outside of the image nothing is tissue"
    assert not mask.is_blank(-50, -50, 500, 500)


def test_blank_pixels_are_those_of_the_image() -> None:
    mask = TissueMask(100, 130, 32, np.arange(20).reshape(4, 5) != 19)
    assert mask.blank_pixels == 4 * 2
    assert mask.blank_share == 8 / 13000
    assert mask.tissue_share(64, 64, 36, 66) == 5 / 6


@pytest.mark.parametrize(("top", "rows"), [(0, 100), (0, 7), (31, 34), (96, 4)])
@pytest.mark.parametrize(("left", "columns"), [(0, 130), (0, 40), (33, 20), (90, 40)])
def test_blank_of_a_piece_becomes_white(top: int, rows: int, left: int, columns: int) -> None:
    blank = np.arange(20).reshape(4, 5) % 3 == 0
    piece = np.broadcast_to(np.uint8(7), (rows, columns, 3))
    made = TissueMask(100, 130, 32, ~blank).whitened(piece, top, left)
    white = np.kron(blank, np.ones((32, 32)))[top : top + rows, left : left + columns]
    np.testing.assert_array_equal(made, np.where(white[..., None], 255, piece))


@pytest.mark.skipif(not FOLDER, reason="COLORMAPPER_TEST_DATA names no folder of real images")
@pytest.mark.parametrize(
    ("name", "blank", "tissue_at"),
    [
        ("wsi/TCGA-CR-7395-01A-01-TS1.svs", (0, 0, 256, 2600), (1000, 1500, 1500, 1500)),
        ("wsi/test3-DAPI.ndpi", (0, 0, 1500, 100), (2900, 0, 1000, 3968)),
        ("wsi/CMU-1-Small-Region.svs", (0, 1540, 240, 680), (1500, 800, 700, 500)),
    ],
)
def test_real_slides_have_blank_where_it_is_seen(
    name: str, blank: tuple[int, ...], tissue_at: tuple[int, ...], tmp_path: Path
) -> None:
    with open_image(Path(str(FOLDER)) / name, scratch=tmp_path) as reader:
        mask = find_tissue(reader)
    assert mask.is_blank(*blank)
    assert mask.tissue_share(*tissue_at) == 1


@pytest.mark.skipif(not FOLDER, reason="COLORMAPPER_TEST_DATA names no folder of real images")
@pytest.mark.parametrize("folder", ["he/bcss_tcga", "he/slideflow_tiles", "fluo/fuse_panels"])
def test_real_fields_full_of_tissue_have_no_blank(folder: str, tmp_path: Path) -> None:
    files = sorted((Path(str(FOLDER)) / folder).glob("*.png"))
    assert files
    for path in files:
        with open_image(path, scratch=tmp_path) as reader:
            assert find_tissue(reader).blank_pixels == 0, path.name
