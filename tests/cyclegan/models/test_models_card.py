"""What is read of a package without its weights."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclegan.errors import ModelError
from cyclegan.models.card import is_name, overlap, read_card


def change(package: Path, old: str, new: str) -> None:
    descriptor = package / "rdf.yaml"
    text = descriptor.read_text()
    assert old in text
    descriptor.write_text(text.replace(old, new))


def test_a_card_tells_what_the_package_was_made_with(imported: Path) -> None:
    card = read_card(imported)
    told = (
        card.name,
        card.architecture,
        card.spacing_um,
        card.multiple,
        card.reach,
        card.statistics,
    )
    assert told == ("kidney", "ganilla", 0.5, 16, 189, None)


def test_a_card_is_read_without_looking_into_the_weights(package: Path) -> None:
    weights = package / "weights.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    assert read_card(package).name == "kidney"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("reach: 189", "reach: -1", r"config\.colormapper\.reach"),
        ("statistics: null", "statistics: dream", r"config\.colormapper\.statistics"),
        ("statistics: null", "statistics: {sha256: x}", r"config\.colormapper\.statistics\.sha256"),
        ("statistics: null", "secret: 1", r"config\.colormapper\.secret"),
        ("spacing_um: 0.5", "spacing_um: .nan", r"config\.colormapper\.spacing_um"),
        ("  colormapper:", "  somebody:", r"config\.colormapper: Field required"),
        ("type: model", "type: dataset", "type"),
        ("name: kidney", "name: [", "is not YAML"),
        ("name: kidney", "name: !!python/object/apply:os.getcwd []", "is not YAML"),
        ("weights_bytes: ", "weights_bytes: 1", "has [0-9]+ bytes instead of"),
    ],
)
def test_a_damaged_descriptor_is_an_error_that_names_the_fault(
    package: Path, old: str, new: str, fault: str
) -> None:
    change(package, old, new)
    with pytest.raises(ModelError, match=f"the model kidney is damaged.*{fault}"):
        read_card(package)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"text", b"[1, 2]", b"[" * 5000])
def test_a_descriptor_of_another_kind_is_damaged(package: Path, content: bytes) -> None:
    (package / "rdf.yaml").write_bytes(content)
    with pytest.raises(ModelError, match="the model kidney is damaged"):
        read_card(package)


@pytest.mark.parametrize("missing", ["rdf.yaml", "weights.safetensors"])
def test_a_package_without_its_files_is_damaged(package: Path, missing: str) -> None:
    (package / missing).unlink()
    with pytest.raises(ModelError, match=f"its {missing} cannot be read"):
        read_card(package)


def test_a_card_tells_the_statistics_that_a_package_keeps(calibrated: Path) -> None:
    kept = read_card(calibrated).statistics
    assert kept is not None
    assert kept.bytes == (calibrated / "statistics.npz").stat().st_size
    assert len(kept.images) == 2


def test_statistics_cut_short_are_noticed(frozen: Path) -> None:
    statistics = frozen / "statistics.npz"
    statistics.write_bytes(statistics.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"its statistics\.npz has \d+ bytes instead of"):
        read_card(frozen)


def test_statistics_that_are_missing_are_noticed(frozen: Path) -> None:
    (frozen / "statistics.npz").unlink()
    with pytest.raises(ModelError, match=r"its statistics\.npz cannot be read"):
        read_card(frozen)


def test_weights_cut_short_are_noticed(package: Path) -> None:
    weights = package / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="bytes instead of"):
        read_card(package)


def test_errors_do_not_tell_where_the_models_lie(package: Path) -> None:
    (package / "rdf.yaml").unlink()
    with pytest.raises(ModelError) as caught:
        read_card(package)
    assert str(package.parent) not in str(caught.value)


def test_a_package_of_the_first_version_is_read(package: Path) -> None:
    wanted = read_card(package)
    change(package, "    reach: 189\n", "    halo: 128\n")
    change(package, "statistics: null", "statistics: tile")
    assert read_card(package) == replace(wanted, reach=None)


@pytest.mark.parametrize(
    ("reach", "multiple", "wanted"), [(189, 16, 192), (192, 16, 192), (84, 4, 84), (0, 16, 0)]
)
def test_an_overlap_is_the_reach_rounded_up(reach: int, multiple: int, wanted: int) -> None:
    assert overlap(reach, multiple) == wanted


@pytest.mark.parametrize("name", ["muse2he", "a", "0-9", "x" * 64])
def test_a_plain_name_is_a_name(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "A", "a/b", "a b", "a\n", "é", "x" * 65])
def test_what_could_leave_the_folder_is_no_name(name: str) -> None:
    assert not is_name(name)


@given(st.text())
def test_a_name_is_a_file_name_of_its_own_folder(text: str) -> None:
    if is_name(text):
        assert (Path("models") / text).parent == Path("models")
