"""The list of models and the way from a name to an engine."""

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Engine, Room
from cyclegan.engines.identity import IdentityEngine
from cyclegan.errors import ModelError
from cyclegan.models.catalogue import Catalogue, taken
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter, noise


def alone(folder: Path) -> Catalogue:
    """The packages of a folder without those that come with the program."""
    return Catalogue(folder, shipped=folder / "none")


def names(catalogue: Catalogue) -> list[str]:
    return [card.name for card in catalogue.cards()]


def test_the_models_of_the_program_are_there_without_a_folder(tmp_path: Path) -> None:
    assert names(alone(tmp_path / "nothing")) == ["colour-mapping", "identity"]


def test_only_the_identity_is_hidden(package: Path) -> None:
    hidden = [card.name for card in alone(package.parent).cards() if card.hidden]
    assert hidden == ["identity"]


def test_a_package_is_listed_as_soon_as_it_is_in_the_folder(package: Path, tmp_path: Path) -> None:
    catalogue = alone(tmp_path / "later")
    catalogue.cards()
    package.parent.rename(tmp_path / "later")
    assert names(catalogue) == ["colour-mapping", "identity", "kidney"]


def test_a_damaged_package_is_left_out_and_the_others_go_on(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(package, package.parent / "broken")
    (package.parent / "broken" / "rdf.yaml").write_text("nonsense")
    assert names(alone(package.parent)) == ["colour-mapping", "identity", "kidney"]
    assert "the model broken is damaged" in caplog.text


def test_a_damaged_package_is_named_in_the_log_once(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (package / "weights.safetensors").unlink()
    catalogue = alone(package.parent)
    with caplog.at_level(logging.WARNING):
        catalogue.cards()
        catalogue.cards()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("name", ["Kidney 2", "identity"])
def test_a_folder_that_cannot_be_a_name_is_left_out(
    package: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    package.rename(package.parent / name)
    assert names(alone(package.parent)) == ["colour-mapping", "identity"]
    assert f"cannot be named {name!r}" in caplog.text


def test_a_package_that_is_being_written_is_not_seen(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    package.rename(package.parent / ".new-123")
    assert names(alone(package.parent)) == ["colour-mapping", "identity"]
    assert not caplog.records


def with_shipped(package: Path, *, name: str = "trained") -> Catalogue:
    """The same package under another name comes with the program."""
    shipped = package.parent.parent / "shipped"
    shutil.copytree(package, shipped / name)
    return Catalogue(package.parent, shipped=shipped)


def test_packages_that_come_with_the_program_stand_before_those_of_the_folder(
    package: Path,
) -> None:
    catalogue = with_shipped(package)
    assert names(catalogue) == ["colour-mapping", "identity", "trained", "kidney"]
    assert catalogue.card("trained").folder == package.parent.parent / "shipped" / "trained"


def test_a_package_cannot_stand_in_for_one_that_comes_with_the_program(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = with_shipped(package, name="kidney")
    assert names(catalogue) == ["colour-mapping", "identity", "kidney"]
    assert catalogue.card("kidney").folder == package.parent.parent / "shipped" / "kidney"
    assert "a model cannot be named 'kidney'; rename the folder" in caplog.text


def test_a_damaged_package_of_the_program_is_left_out(
    package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = with_shipped(package)
    (package.parent.parent / "shipped" / "trained" / "weights.safetensors").unlink()
    assert names(catalogue) == ["colour-mapping", "identity", "kidney"]
    assert "the model trained is damaged" in caplog.text


def test_names_of_what_comes_with_the_program_are_taken(package: Path) -> None:
    with_shipped(package)
    assert taken(package.parent.parent / "shipped") == ["colour-mapping", "identity", "trained"]


def test_an_unknown_name_is_an_error_that_lists_the_models_on_offer(package: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no model 'liver'; choose one of: colour-mapping, kidney$"
    ):
        alone(package.parent).card("liver")


def test_a_damaged_model_asked_for_by_name_says_what_is_wrong(package: Path) -> None:
    (package / "weights.safetensors").unlink()
    with pytest.raises(ModelError, match="the model kidney is damaged"):
        alone(package.parent).card("kidney")


@pytest.mark.parametrize("name", ["../models/kidney", "kidney/", "./kidney", "", "a\0", "x" * 5000])
def test_a_card_is_never_found_by_a_path(package: Path, name: str) -> None:
    with pytest.raises(ModelError, match="there is no model"):
        alone(package.parent).card(name)


def test_the_models_of_the_program_have_their_engines(tmp_path: Path) -> None:
    catalogue = alone(tmp_path)
    assert isinstance(catalogue.engine("identity"), IdentityEngine)
    assert isinstance(catalogue.engine("colour-mapping"), ColourMappingEngine)


def test_a_package_by_its_name_translates(package: Path, tmp_path: Path) -> None:
    pixels, writer = noise(48, 32), ArrayWriter(32)
    engine = alone(package.parent).engine("kidney", device="cpu")
    with prepare(ArrayReader(pixels), engine, room=Room(tmp_path)) as plan:
        translate(ArrayReader(pixels), writer, plan)
    assert writer.pixels.shape == pixels.shape
    assert np.any(writer.pixels != pixels)


def test_a_package_by_its_path_is_the_same_model(package: Path, tmp_path: Path) -> None:
    by_path = alone(tmp_path / "nothing").engine(str(package), device="cpu")
    by_name = alone(package.parent).engine("kidney", device="cpu")
    assert provenance(by_path, tmp_path) == provenance(by_name, tmp_path)


def test_the_provenance_has_the_model_and_its_hash(package: Path, tmp_path: Path) -> None:
    catalogue = alone(package.parent)
    told = provenance(catalogue.engine("kidney", device="cpu"), tmp_path)
    assert told["model"] == "kidney"
    assert told["architecture"] == "ganilla"
    assert told["model_spacing_um"] == 0.5
    assert told["weights_sha256"] == catalogue.card("kidney").sha256


def test_statistics_of_the_model_that_it_has_not_are_an_error_with_the_cure(package: Path) -> None:
    with pytest.raises(ModelError, match=r"keeps no statistics .* calibrate kidney IMAGE"):
        alone(package.parent).engine("kidney", device="cpu", stats="model")


def test_models_without_norm_layers_go_with_any_kind_of_statistics(tmp_path: Path) -> None:
    engine = alone(tmp_path).engine("identity", stats="model")
    assert isinstance(engine, IdentityEngine)


def provenance(engine: Engine, scratch: Path) -> dict[str, object]:
    with prepare(ArrayReader(noise(48, 32)), engine, room=Room(scratch)) as plan:
        return plan.provenance()


def test_cards_are_read_without_torch(package: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from cyclegan.models.catalogue import Catalogue; "
        f"cards = Catalogue(Path({str(package.parent)!r})).cards(); "
        "print('kidney' in [card.name for card in cards], 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "False"]
