"""A generator on patches that bring their own statistics."""

import numpy as np
import pytest
import torch
from torch import nn

from cyclegan.engines.engine import Batch
from cyclegan.engines.live import LivePatches
from cyclegan.errors import ModelError
from tests.cyclegan.arrays import noise
from tests.cyclegan.generators import Broken, Loud, Narrow, Same, as_generator, random_generator

CPU = torch.device("cpu")
SIZES = [(1, 1), (1, 40), (16, 16), (31, 33), (32, 32), (48, 17), (5, 101)]


def engine(network: nn.Module, *, precision: torch.dtype | None = None) -> LivePatches:
    return LivePatches(as_generator(network), device=CPU, precision=precision)


def patches(count: int, height: int, width: int) -> Batch:
    return np.stack([noise(height, width, seed) for seed in range(count)])


class Fixed(Same):
    """Answers each channel with one value."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tensor([-1.5, 0.0, 1.0]).view(1, 3, 1, 1).expand_as(x)


@pytest.mark.parametrize("size", SIZES)
def test_a_network_that_changes_nothing_returns_every_pixel(size: tuple[int, int]) -> None:
    batch = patches(3, *size)
    np.testing.assert_array_equal(engine(Same())(batch), batch)


def test_every_grey_level_goes_in_and_out_unchanged() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(engine(Same())(levels), levels)


def test_answers_are_rounded_and_clipped() -> None:
    answer = engine(Fixed())(patches(1, 32, 32))
    np.testing.assert_array_equal(np.unique(answer.reshape(-1, 3), axis=0), [[0, 128, 255]])


@pytest.mark.parametrize("name", ["ganilla", "resnet_9blocks"])
@pytest.mark.parametrize("size", [(16, 16), (1, 1), (37, 50)])
def test_generators_take_patches_of_any_size(name: str, size: tuple[int, int]) -> None:
    batch = patches(1, *size)
    answer = engine(random_generator(name))(batch)
    assert answer.shape == batch.shape
    assert answer.dtype == np.uint8


def test_a_generator_of_good_scale_uses_the_range_of_colours() -> None:
    assert engine(random_generator())(patches(1, 64, 64)).std() > 20


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("name", ["ganilla", "resnet_9blocks"])
def test_a_constant_patch_has_an_answer(name: str, value: int) -> None:
    flat = np.full((1, 64, 64, 3), value, np.uint8)
    assert engine(random_generator(name))(flat).shape == flat.shape


def test_a_batch_is_translated_as_its_patches_are() -> None:
    batch = patches(3, 48, 64)
    ganilla = engine(random_generator())
    apart = np.concatenate([ganilla(patch[None]) for patch in batch])
    # Sums in another order may fall on the other side of a rounding.
    assert np.abs(ganilla(batch).astype(int) - apart).max() <= 1


def test_the_argument_is_not_changed_and_may_be_read_only() -> None:
    batch = patches(1, 32, 32)
    before = batch.copy()
    batch.setflags(write=False)
    engine(random_generator())(batch)
    np.testing.assert_array_equal(batch, before)


def test_a_batch_of_nothing_is_nothing() -> None:
    assert engine(Same())(patches(1, 8, 8)[:0]).shape == (0, 8, 8, 3)


def test_half_precision_is_close_to_full() -> None:
    batch = patches(1, 64, 64)
    full = engine(random_generator())(batch).astype(int)
    half = engine(random_generator(), precision=torch.float16)(batch)
    # 11 bits of mantissa through 25 normalised layers: about one part in a hundred.
    assert np.abs(half - full).mean() < 2


def test_half_precision_that_overflows_goes_on_in_full() -> None:
    loud = engine(Loud(), precision=torch.float16)
    batch = patches(2, 32, 32)
    np.testing.assert_array_equal(loud(batch), batch)
    assert loud.provenance()["precision"] == "float32"


def test_an_answer_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ModelError, match="not finite"):
        engine(Broken())(patches(1, 32, 32))


def test_a_batch_that_does_not_fit_is_cut_until_it_does() -> None:
    batch = patches(7, 32, 32)
    np.testing.assert_array_equal(engine(Narrow(limit=2))(batch), batch)


def test_what_did_not_fit_is_not_tried_again() -> None:
    narrow = engine(Narrow(limit=3))
    narrow.batch = 8
    narrow(patches(8, 32, 32))
    assert narrow.batch == 2


def test_a_single_patch_that_does_not_fit_is_an_error_that_names_its_size() -> None:
    with pytest.raises(ModelError, match=r"48 x 32 px does not fit .* smaller tiles"):
        engine(Narrow(limit=0))(patches(2, 48, 32))


def test_other_faults_of_a_network_are_not_taken_for_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="channels"):
        engine(Wrong())(patches(1, 32, 32))


class Wrong(Same):
    """Has weights for another number of channels."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(4, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layer(x)
        return answer


def test_the_provenance_tells_model_precision_and_statistics() -> None:
    told = LivePatches(random_generator(), device=CPU, record={"model": "x"}).provenance()
    assert told == {
        "model": "x",
        "precision": "float32",
        "statistics": "tile",
    }


def test_the_engine_asks_for_what_its_network_needs() -> None:
    ganilla = engine(random_generator())
    assert (ganilla.halo, ganilla.multiple, ganilla.batch) == (128, 16, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card")
@pytest.mark.parametrize("name", ["ganilla", "resnet_9blocks"])
def test_cuda_answers_as_the_cpu_does(name: str) -> None:
    batch = patches(3, 80, 64)
    on_cpu = engine(random_generator(name))(batch).astype(int)
    on_cuda = LivePatches(random_generator(name), device=torch.device("cuda"))
    assert np.abs(on_cuda(batch) - on_cpu).mean() < 2
    assert on_cuda.provenance()["precision"] == "float16"
