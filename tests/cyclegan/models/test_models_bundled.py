"""Which packages come with the program, and which model is the default."""

from pathlib import Path

from cyclegan.models.bundled import SHIPPED, TRAINED, default_model, names
from cyclegan.models.catalogue import Catalogue
from cyclegan.models.verify import verify


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
