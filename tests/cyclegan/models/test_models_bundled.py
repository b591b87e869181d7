"""Which packages come with the program, and which model is the default."""

from pathlib import Path

import numpy as np
from scipy import ndimage

from cyclegan.images.image import Pixels
from cyclegan.images.picture import Picture
from cyclegan.inputs import INPUTS
from cyclegan.models.answer import answer
from cyclegan.models.bundled import SHIPPED, TRAINED, default_model, names
from cyclegan.models.card import read_card
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.package import load, load_statistics
from cyclegan.models.verify import verify
from cyclegan.phantom import grow
from cyclegan.rigs import draw_rig
from cyclegan.simulate import expose
from cyclegan.stains import optical_density


def ship(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "rdf.yaml").touch()


def test_the_trained_model_is_the_default_where_it_is_shipped(tmp_path: Path) -> None:
    ship(tmp_path, TRAINED)
    assert default_model(tmp_path) == TRAINED


def test_without_it_the_default_is_a_model_that_is_always_there(tmp_path: Path) -> None:
    ship(tmp_path, "another")
    name = default_model(tmp_path)
    assert Catalogue(tmp_path / "none", shipped=tmp_path / "none").card(name).folder is None


def test_a_folder_without_a_descriptor_is_no_package(tmp_path: Path) -> None:
    (tmp_path / TRAINED).mkdir()
    ship(tmp_path, "a")
    assert names(tmp_path) == ["a"]


def test_every_package_that_comes_with_the_program_answers_as_recorded() -> None:
    assert all(verify(SHIPPED / name) < 0.5 for name in names())


def painted(muse: Pixels) -> Pixels:
    """What the trained model makes of an image, by itself."""
    card = read_card(SHIPPED / TRAINED)
    seen = INPUTS[card.input](Picture(muse))(muse)
    made = answer(load(card), seen[None], load_statistics(card))[0]
    return np.asarray(made.round().clip(0, 255).astype(np.uint8))


def test_lumina_stay_white_whatever_microscope_looks_at_them() -> None:
    stained = []
    for seed in range(1, 13):
        tissue = grow(320, 320, seed=seed)
        scene = expose(tissue.nuclear, tissue.counterstain, draw_rig(np.random.default_rng(seed)))
        white = ndimage.binary_erosion(optical_density(scene.he).mean(axis=2) < 0.02, iterations=4)
        density = optical_density(painted(scene.muse)[white]).mean(axis=1)
        stained.append(float((density > 0.05).mean()) if white.any() else 0.0)
    assert np.mean(stained) < 0.05, stained
