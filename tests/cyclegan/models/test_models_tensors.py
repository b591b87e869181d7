"""Reading tensors out of files that nobody vouches for."""

import contextlib
import io
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save as to_safetensors
from torch import nn

from cyclegan.errors import ModelError
from cyclegan.models.statistics import from_bytes
from cyclegan.models.tensors import read_safetensors, read_tensors
from tests.cyclegan.generators import random_generator


def saved(content: object, *, is_zip: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=is_zip)
    return file.getvalue()


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "content")
    return file.getvalue()


class Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return (Path.touch, (self.path,))


WRAPPINGS: dict[str, Callable[[Canary], bytes]] = {
    "zip": lambda canary: saved({"conv1.weight": canary}),
    "legacy": lambda canary: saved({"conv1.weight": canary}, is_zip=False),
    "bare": lambda canary: pickle.dumps(canary, protocol=2),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path, wrapping: str) -> None:
    data = WRAPPINGS[wrapping](Canary(tmp_path / "canary"))
    with pytest.raises(ModelError, match="wants to run Python code"):
        read_tensors(data)
    assert not (tmp_path / "canary").exists()


def test_the_canary_sings_when_code_is_run(tmp_path: Path) -> None:
    data = WRAPPINGS["zip"](Canary(tmp_path / "canary"))
    torch.load(io.BytesIO(data), weights_only=False)
    assert (tmp_path / "canary").exists()


def repacked(data: bytes, *, added: bytes) -> bytes:
    """A zip file, packed, with one more entry."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
        new.writestr("archive/data/999", added)
    return out.getvalue()


def test_a_torch_file_that_would_swell_is_refused_unread() -> None:
    data = saved({"conv1.weight": torch.zeros(4)})
    assert read_tensors(repacked(data, added=b"")).keys() == {"conv1.weight"}
    with pytest.raises(ModelError, match=r"would swell from [\d,]+ to 8,[\d,]+ bytes"):
        read_tensors(repacked(data, added=bytes(2**23)))


def test_statistics_that_would_swell_are_refused_unread() -> None:
    out = io.BytesIO()
    np.savez_compressed(out, norm=np.zeros(2**21, np.float32))
    with pytest.raises(ValueError, match="would swell"):
        from_bytes(out.getvalue(), random_generator())


def test_a_whole_network_is_refused_with_what_to_save_instead() -> None:
    with pytest.raises(ModelError, match=r"torch\.nn\.modules\.linear\.Linear.*state_dict\(\)"):
        read_tensors(saved(nn.Linear(2, 2)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n" * 9,
        b"{}",
        b"\x89PNG\r\n\x1a\n" + bytes(99),
        zipped("a"),
        zipped("a/data.pkl"),
    ],
)
def test_what_torch_did_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="not written by torch"):
        read_tensors(data)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({}, "no named weights but dict"),
        ([torch.zeros(1)], "no named weights but list"),
        (torch.zeros(1), "no named weights but Tensor"),
        ({3: torch.zeros(1)}, "named by int"),
        ({"epoch": 5}, "holds int under 'epoch'"),
        ({"state_dict": {"a": torch.zeros(1)}}, "holds dict under 'state_dict'"),
        ({"a": torch.zeros(2, 2).to_sparse()}, "wanted dense"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "wanted dense floating-point"),
    ],
)
def test_other_content_than_named_dense_weights_is_named(content: object, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        read_tensors(saved(content))


def test_a_changed_weight_is_told_by_the_checksum_that_torch_wrote() -> None:
    data = bytearray(saved({"a": torch.ones(999)}))
    data[data.index(torch.ones(9).numpy().tobytes())] ^= 1
    with pytest.raises(ModelError, match="cut short, damaged or not written by torch"):
        read_tensors(bytes(data))


def test_a_file_that_torch_wrote_without_checksums_is_read() -> None:
    torch.serialization.set_crc32_options(False)
    try:
        data = saved({"a": torch.ones(9)})
    finally:
        torch.serialization.set_crc32_options(True)
    assert torch.equal(read_tensors(data)["a"], torch.ones(9))


@pytest.mark.parametrize("is_zip", [True, False])
@given(seed=st.integers(0, 2**32))
def test_changed_bytes_raise_no_other_error(is_zip: bool, seed: int) -> None:
    changed = bytearray(saved({f"layer{n}": torch.ones(3, 4) for n in range(4)}, is_zip=is_zip))
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 5)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    length = dice.choice((len(changed), dice.randrange(len(changed))))
    with contextlib.suppress(ModelError):
        read_tensors(bytes(changed[:length]))


def test_safetensors_are_read_bit_for_bit() -> None:
    wanted = {"a": torch.randn(3, 4), "b": torch.randn(2).half()}
    met = read_safetensors(to_safetensors(wanted))
    assert met.keys() == wanted.keys()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize(
    "data", [b"", b"text\n" * 9, bytes(99), b"\xff" * 99, saved({"a": torch.zeros(1)})]
)
def test_what_is_no_safetensors_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="cut short, damaged or no safetensors"):
        read_safetensors(data)


def test_numbers_of_another_kind_in_safetensors_are_named() -> None:
    with pytest.raises(ModelError, match=r"'a' are torch\.bool"):
        read_safetensors(to_safetensors({"a": torch.zeros(2, dtype=torch.bool)}))


@given(seed=st.integers(0, 2**32))
def test_changed_safetensors_raise_no_other_error(seed: int) -> None:
    changed = bytearray(to_safetensors({f"layer{n}": torch.ones(3, 4) for n in range(4)}))
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 5)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    length = dice.choice((len(changed), dice.randrange(len(changed))))
    with contextlib.suppress(ModelError):
        read_safetensors(bytes(changed[:length]))
