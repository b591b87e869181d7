"""The file with the statistics of the norm layers, which nobody vouches for."""

import io
import pickle
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cyclegan.models.statistics import channels, from_bytes, to_bytes
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics, norm_layers

Arrays = dict[str, NDArray[np.float32]]
architectures = pytest.mark.parametrize("architecture", GENERATORS)


def generator(architecture: str = "ganilla") -> Generator:
    with torch.device("meta"):
        return GENERATORS[architecture]()


def statistics(network: Generator) -> Statistics:
    torch.manual_seed(0)
    return {name: (torch.randn(n), torch.rand(n)) for name, n in channels(network).items()}


def changed(change: Callable[[Arrays], object]) -> bytes:
    """A good file whose arrays went through a change."""
    with np.load(io.BytesIO(to_bytes(statistics(generator())))) as file:
        arrays = dict(file)
    change(arrays)
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, **arrays)
    return file.getvalue()


@architectures
def test_statistics_are_read_as_they_were_written(architecture: str) -> None:
    network = generator(architecture)
    wanted = statistics(network)
    met = from_bytes(to_bytes(wanted), network)
    assert met.keys() == wanted.keys()
    pairs = [pair for name in wanted for pair in zip(met[name], wanted[name], strict=True)]
    assert all(torch.equal(a, b) and a.dtype == torch.float32 for a, b in pairs)


@architectures
def test_every_norm_layer_has_its_channels(architecture: str) -> None:
    network = generator(architecture)
    assert channels(network).keys() == norm_layers(network).keys()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda a: a.pop("norm1.mean"), r"lacks norm1\.mean"),
        (lambda a: a.update(extra=np.zeros(3)), "has something else: extra"),
        (lambda a: a.update({"norm1.mean": np.zeros(63, np.float32)}), r"\(63,\) for norm1\.mean"),
        (lambda a: a.update({"norm1.mean": np.zeros(64)}), r"float64 \(64,\) for norm1\.mean"),
        (lambda a: a["norm1.mean"].fill(np.nan), r"no numbers in norm1\.mean"),
        (lambda a: a["norm1.variance"].fill(np.inf), r"no numbers in norm1\.variance"),
        (lambda a: a["norm1.variance"].__setitem__(3, -1e-9), "a negative variance in norm1"),
        (lambda a: a.update({"norm1.mean": np.array([{}], object)}), "damaged or no npz"),
    ],
)
def test_statistics_that_do_not_fit_are_an_error_that_names_the_fault(
    change: Callable[[Arrays], object], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        from_bytes(changed(change), generator())


@pytest.mark.parametrize("data", [b"", b"text", b"PK\3\4", pickle.dumps({}), bytes(999)])
def test_what_is_no_npz_file_is_damaged(data: bytes) -> None:
    with pytest.raises(ValueError, match="cut short, damaged or no npz file"):
        from_bytes(data, generator())


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_changed_bytes_raise_no_other_error(seed: int) -> None:
    data = bytearray(WHOLE)
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 5)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    length = dice.choice((len(data), dice.randrange(len(data))))
    try:
        met = from_bytes(bytes(data[:length]), generator())
    except ValueError:
        return
    assert met.keys() == channels(generator()).keys()


WHOLE = to_bytes(statistics(generator()))
