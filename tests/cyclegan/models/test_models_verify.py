"""The comparison of a package with its record."""

from pathlib import Path

import numpy as np
import pytest

from cyclegan.errors import ModelError
from cyclegan.models.verify import verify


def test_a_package_just_made_answers_as_recorded(imported: Path) -> None:
    assert verify(imported) <= 0.01


def test_a_reach_that_is_not_the_networks_is_an_error_that_says_both(package: Path) -> None:
    descriptor = package / "rdf.yaml"
    descriptor.write_text(descriptor.read_text().replace("reach: 189", "reach: 60"))
    with pytest.raises(ModelError, match="says that it sees 60 px far, but sees 189 px"):
        verify(package)


def test_another_answer_is_an_error_that_says_how_far_it_is(package: Path) -> None:
    record = np.load(package / "test-output.npy")
    record[0, 1, 2, 3] += 40
    np.save(package / "test-output.npy", record)
    with pytest.raises(ModelError, match=r"up to (39|40)\.\d grey levels apart"):
        verify(package)


def test_a_record_that_is_no_number_does_not_pass(package: Path) -> None:
    record = np.load(package / "test-output.npy")
    np.save(package / "test-output.npy", record * np.nan)
    with pytest.raises(ModelError, match="grey levels apart"):
        verify(package)


def test_statistics_that_do_not_fit_are_found(frozen: Path) -> None:
    data = bytearray((frozen / "statistics.npz").read_bytes())
    data[200] ^= 1
    (frozen / "statistics.npz").write_bytes(data)
    with pytest.raises(ModelError, match=r"its statistics\.npz has changed"):
        verify(frozen)


@pytest.mark.parametrize("name", ["test-input.npy", "test-output.npy"])
def test_a_missing_record_is_damage(package: Path, name: str) -> None:
    (package / name).unlink()
    with pytest.raises(ModelError, match=f"its {name} cannot be read"):
        verify(package)


def test_a_record_of_objects_is_not_unpickled(package: Path) -> None:
    np.save(package / "test-input.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ModelError, match=r"its test-input\.npy cannot be read"):
        verify(package)


@pytest.mark.parametrize("shape", [(1, 3, 0, 0), (3, 32, 32), (1, 1, 32, 32)])
def test_a_record_of_another_shape_is_damage(package: Path, shape: tuple[int, ...]) -> None:
    np.save(package / "test-input.npy", np.zeros(shape, np.uint8))
    with pytest.raises(ModelError, match=r"its test-input\.npy is uint8"):
        verify(package)


def test_records_of_two_sizes_are_damage(package: Path) -> None:
    np.save(package / "test-input.npy", np.zeros((1, 3, 32, 32), np.uint8))
    with pytest.raises(ModelError, match="its test output is"):
        verify(package)
