"""Where an image is blurred, whatever its exposure, contrast, haze and noise."""

import numpy as np
import pytest
from scipy import ndimage

from cyclegan.images.image import Pixels
from cyclegan.images.shrunk import Shrunk
from cyclegan.quality.focus import blur_um, energies
from cyclegan.quality.judge import BLURRED_UM
from cyclegan.quality.patch import cut_patch, divide
from cyclegan.rigs import FAMILIES
from cyclegan.stains import Floats
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.quality import made


def blur(pixels: Pixels) -> Floats:
    """In µm, of each cell of 32 px."""
    reader = ArrayReader(pixels)
    cells = divide(reader.info)
    (region,) = cells.patches()
    patch = cut_patch(Shrunk(reader, cells.step), cells, region)
    return blur_um(energies(patch), cells.point_um)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_width_of_the_blur_is_found_for_rigs_of_every_family(family: str) -> None:
    for rig in made.rigs_of(family, 2):
        found = [
            float(np.nanmedian(blur(made.muse(rig, blur_px=px, defocus_px=0)))) for px in (3, 8)
        ]
        assert found == pytest.approx([1.5, 4.0], rel=0.35)


@pytest.mark.parametrize("family", FAMILIES)
def test_hardly_anything_of_a_sharp_picture_is_out_of_focus_and_most_of_a_blurred_one_is(
    family: str,
) -> None:
    (rig,) = made.rigs_of(family, 1)
    sharp, blurred = (blur(made.muse(rig, blur_px=px, defocus_px=0)) for px in (0.5, 6))
    assert np.nanmean(sharp > BLURRED_UM) < 0.02
    assert np.nanmean(blurred > BLURRED_UM) > 0.9


def test_the_half_that_is_blurred_is_the_one_that_is_found() -> None:
    pixels = made.muse(defocus_px=0).astype(np.float32)
    half = made.SIDE // 2
    pixels[:, :half] = ndimage.gaussian_filter(pixels[:, :half], (6, 6, 0))
    found = blur(pixels.astype(np.uint8)) > BLURRED_UM
    middle = found.shape[1] // 2
    assert found[:, : middle - 1].mean() > 0.9
    assert found[:, middle + 1 :].mean() < 0.05


def test_exposure_and_contrast_do_not_change_the_answer() -> None:
    pixels = made.muse(blur_px=2, electrons=np.inf, read_noise=0)
    dim = (20 + 0.3 * pixels).astype(np.uint8)
    assert np.nanmedian(np.abs(blur(dim) - blur(pixels))) < 0.15


def test_nothing_is_said_where_there_is_nothing_but_noise() -> None:
    noise = np.random.default_rng(0).normal(60, 3, (256, 256, 3)).astype(np.uint8)
    assert np.isfinite(blur(noise)).mean() < 0.1
