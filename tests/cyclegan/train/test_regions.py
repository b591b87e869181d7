"""Crops of image files."""

import pickle
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from cyclegan.errors import SettingsError, TrainingError
from cyclegan.images.image import Pixels
from cyclegan.train.regions import Place, Slides
from cyclegan.train.sources import Source
from tests.cyclegan.images.pictures import noise, save
from tests.cyclegan.images.test_regions import pyramid

FIELD, SLIDE = noise(150, 200), noise(600, 400, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "he"
    folder.mkdir()
    save(folder / "field.png", FIELD)
    pyramid(folder / "slide.tif", SLIDE, SLIDE[::2, ::2])
    return folder


@pytest.fixture(scope="module")
def slides(folder: Path) -> Iterator[Slides]:
    with Slides([Source(path=folder)]) as opened:
        yield opened


@pytest.fixture(scope="module")
def by_regions(folder: Path) -> Iterator[Slides]:
    with Slides([Source(path=folder)], held_bytes=0) as opened:
        yield opened


def crops(slides: Slides, count: int = 12) -> list[Pixels]:
    return [slides.crop(7, index, 64) for index in range(count)]


def test_a_crop_is_a_part_of_a_file_pixel_by_pixel(slides: Slides) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        place = slides.draw(rng, 64)
        whole = (FIELD, SLIDE)[place.file]
        part = whole[place.y : place.y + 64, place.x : place.x + 64]
        assert (slides.cut(place, 64) == part).all()


def test_a_crop_depends_on_seed_and_number_alone(slides: Slides) -> None:
    first = slides.crop(3, 5, 64)
    slides.crop(3, 6, 64)
    assert (slides.crop(3, 5, 64) == first).all()
    assert (slides.crop(3, 6, 64) != first).any()
    assert (slides.crop(4, 5, 64) != first).any()


def test_crops_are_the_same_from_memory_and_by_regions(slides: Slides, by_regions: Slides) -> None:
    assert np.array_equal(crops(slides), crops(by_regions))


def test_a_pickled_copy_draws_the_same_crops(by_regions: Slides) -> None:
    copy = pickle.loads(pickle.dumps(by_regions))  # noqa: S301 - our own
    assert np.array_equal(crops(copy), crops(by_regions))
    copy.close()
    assert np.array_equal(crops(by_regions), crops(by_regions)), "the original is still open"


FORKED: list[Slides] = []


def forked_crops(count: int) -> list[Pixels]:
    return crops(FORKED[0], count)


def test_forked_processes_draw_the_same_crops_at_once(by_regions: Slides) -> None:
    expected = crops(by_regions, 30)
    FORKED[:] = [by_regions]
    with get_context("fork").Pool(2) as pool:
        found = pool.map(forked_crops, [30, 30], chunksize=1)
    for one in found:
        assert np.array_equal(one, expected)
    assert np.array_equal(crops(by_regions, 30), expected)


def test_files_are_described(slides: Slides) -> None:
    field, slide = slides.files
    assert (field.name, field.height, field.width) == ("he/field.png", 150, 200)
    assert (slide.name, slide.spacing_um, slide.tissue_share) == ("he/slide.tif", None, 1)


def test_a_slide_with_four_times_the_tissue_is_drawn_twice_as_often(tmp_path: Path) -> None:
    for name, side in (("a", 128), ("b", 256)):
        save(tmp_path / f"{name}.png", noise(side, side))
    with Slides([Source(path=tmp_path)]) as slides:
        assert [file.weight for file in slides.files] == pytest.approx([1 / 3, 2 / 3])
        rng = np.random.default_rng(0)
        drawn = Counter(slides.draw(rng, 64).file for _ in range(900))
    assert 550 < drawn[1] < 650


def test_files_of_a_slide_share_what_it_has(tmp_path: Path) -> None:
    for name in ("a1", "a2", "b"):
        save(tmp_path / f"{name}.png", noise(64, 64))
    with Slides([Source(path=tmp_path, slide="^.")]) as slides:
        weights = [file.weight for file in slides.files]
    whole = 2**0.5 + 1
    assert weights == pytest.approx([2**0.5 / 2 / whole, 2**0.5 / 2 / whole, 1 / whole])


def test_a_source_has_its_share_of_the_crops_however_much_tissue_it_has(tmp_path: Path) -> None:
    for name, height in (("a", 64), ("b", 64), ("c", 512), ("d", 128)):
        save(tmp_path / f"{name}.png", noise(height, 64))
    few = Source(path=tmp_path, include=("[ab].png",), share=0.75)
    one, other = (Source(path=tmp_path / name) for name in ("c.png", "d.png"))
    with Slides([few, one, other]) as slides:
        weights = [file.weight for file in slides.files]
    assert sum(weights) == pytest.approx(1)
    assert weights[:2] == pytest.approx([0.375, 0.375])
    assert weights[2] == pytest.approx(2 * weights[3])


def test_shares_that_leave_nothing_for_the_others_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / f"{name}.png", noise(64, 64))
    half = Source(path=tmp_path / "a.png", share=0.6)
    with pytest.raises(SettingsError, match="leaves nothing for those without one"):
        Slides([half, half, Source(path=tmp_path / "b.png")])


def test_all_sources_are_read_at_one_spacing(tmp_path: Path) -> None:
    fine = save(tmp_path / "fine.png", noise(200, 200))
    coarse = save(tmp_path / "coarse.png", noise(100, 100))
    sources = [Source(path=fine, spacing_um=0.25), Source(path=coarse, spacing_um=0.5)]
    with Slides(sources, spacing_um=0.5) as slides:
        found = [(file.height, file.spacing_um) for file in slides.files]
    assert found == [(100, 0.5), (100, 0.5)]


def test_what_lies_outside_of_a_small_image_is_its_mirror_image(slides: Slides) -> None:
    crop = slides.cut(Place(0, -20, 3), 190)
    assert (crop == np.pad(FIELD, ((20, 20), (0, 0), (0, 0)), mode="reflect")[:, 3:193]).all()


def test_images_of_less_than_half_a_crop_are_refused_by_name(slides: Slides) -> None:
    slides.require_room(300)
    with pytest.raises(TrainingError, match=r"he/field\.png is 150 x 200 px .* crops of 301 px"):
        slides.require_room(301)


def test_a_mosaic_is_made_of_patches_of_one_file(slides: Slides) -> None:
    mosaic = slides.mosaic(0, patches=9, size=20, seed=4)
    assert mosaic.shape == (60, 60, 3)
    whole = np.lib.stride_tricks.sliding_window_view(FIELD, (20, 20, 3))[:, :, 0]
    for patch in (mosaic[:20, :20], mosaic[40:, 20:40]):
        assert (whole == patch).all(axis=(2, 3, 4)).any()
    assert (slides.mosaic(0, patches=9, size=20, seed=4) == mosaic).all()
    assert (slides.mosaic(0, patches=9, size=20, seed=5) != mosaic).any()


def test_a_whole_file_can_be_read(slides: Slides, by_regions: Slides) -> None:
    for one in (slides, by_regions):
        assert (one.reader(1).read(0, 0, 600, 400) == SLIDE).all()


def test_damage_that_shows_later_names_the_file(tmp_path: Path) -> None:
    path = pyramid(tmp_path / "a.tif", SLIDE, SLIDE[::2, ::2])
    with Slides([Source(path=tmp_path)], held_bytes=0) as slides:
        copy = pickle.loads(pickle.dumps(slides))  # noqa: S301 - our own
        pyramid(path, SLIDE[:500], SLIDE[:500:2, ::2])
        with copy, pytest.raises(TrainingError, match=r"a\.tif cannot be trained on: .*changed"):
            copy.crop(0, 0, 64)


def test_nothing_is_left_when_a_file_cannot_be_used(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "b.png").write_text("no picture")
    sources = [Source(path=folder), Source(path=tmp_path / "sets")]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(TrainingError, match=r"sets/b\.png cannot be trained on: this is a text"):
        Slides(sources, held_bytes=0, scratch=scratch)
    assert not list(scratch.iterdir())


def test_closing_gives_the_scratch_space_back(tmp_path: Path, folder: Path) -> None:
    with Slides([Source(path=folder)], held_bytes=0, scratch=tmp_path) as slides:
        assert len(list(tmp_path.iterdir())) == 1, "the PNG waits there"
    slides.close()
    assert not list(tmp_path.iterdir())


def test_a_source_without_images_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(SettingsError, match="has 0 images"):
        Slides([Source(path=folder), Source(path=tmp_path)])
