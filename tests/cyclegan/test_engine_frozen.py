"""Patches that share their statistics are parts of the whole image, however they are cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from cyclegan.blend import reassemble
from cyclegan.engines.eager import Eager
from cyclegan.engines.engine import Batch, Patchwise
from cyclegan.engines.frozen import FrozenPatches, open_runtime
from cyclegan.engines.lanes import Lanes
from cyclegan.engines.openvino import OpenVino
from cyclegan.engines.runtime import Runtime
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.errors import ModelError
from cyclegan.images.image import Pixels
from cyclegan.networks import Generator
from cyclegan.networks.folded import FoldedNetwork
from cyclegan.networks.norm import set_statistics
from cyclegan.preprocess import batches
from cyclegan.tiles import TileGrid, padded_size
from tests.cyclegan.arrays import ArrayReader, joined, noise
from tests.cyclegan.generators import random_generator, statistics_of

CPU = torch.device("cpu")
REACHES = {"ganilla": 189, "resnet_9blocks": 84}
SIZES = [(1, 1), (1, 40), (16, 16), (31, 33), (32, 32), (48, 17), (5, 101)]


class Echo:
    """A runtime that mixes each pixel's neighbours 4 px up and left and 4 px down and right.

    It has no memory for more than `most` px at once.
    """

    name = "echo"
    multiple = 4
    smallest = 8
    precision = "float32"
    lanes = devices = 1
    reach = 4

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.tried: list[tuple[int, int]] = []
        self.closed = 0

    def __call__(self, batch: Batch) -> Batch:
        height, width = batch.shape[1:3]
        assert height % self.multiple == width % self.multiple == 0
        assert min(height, width) >= self.smallest
        self.tried.append((height, width))
        if height * width > self.most:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        sides = (0, 0), (self.reach, self.reach), (self.reach, self.reach), (0, 0)
        mirrored = np.pad(batch, sides, mode="reflect") // 2
        mixed: Batch = mirrored[:, :height, :width] + mirrored[:, -height:, -width:]
        return mixed

    def close(self) -> None:
        self.closed += 1


def patches_of(runtime: Runtime, reach: int, image: Pixels) -> FrozenPatches:
    height, width = image.shape[:2]
    return FrozenPatches(runtime, device=CPU, reach=reach, height=height, width=width)


def echoed(image: Pixels, most: int = 10**9) -> tuple[Batch, Echo]:
    echo = Echo(most)
    return patches_of(echo, echo.reach, image)(image[None]), echo


def tiled(patches: FrozenPatches, image: Pixels, tile: int) -> Pixels:
    height, width = image.shape[:2]
    grid = TileGrid(
        height,
        width,
        core=tile - 2 * patches.halo,
        halo=patches.halo,
        multiple=patches.multiple,
        smallest=patches.smallest,
    )
    assert len(grid) > 1
    done = (patches(batch) for batch in batches(ArrayReader(image), grid, 1, 0))
    return joined(reassemble(grid, done, blend=patches.blend), width)


def whole(network: Generator, image: Pixels) -> Pixels:
    """The live network with its statistics set, on the whole image at once."""
    set_statistics(network, statistics_of(network))
    height, width = image.shape[:2]
    down, across = padded_size(height, width, network.multiple, network.smallest)
    padded = np.pad(image, ((0, down - height), (0, across - width), (0, 0)), mode="reflect")
    with torch.inference_mode():
        made = to_pixels(network.eval()(to_tensor(padded[None], CPU)))
    return made[0, :height, :width]


def farthest(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize(
    ("name", "size", "tile"),
    [
        ("ganilla", (32, 512), 448),
        ("ganilla", (550, 32), 480),
        ("resnet_9blocks", (16, 197), 184),
    ],
)
def test_tiles_give_the_pixels_of_the_whole_image(
    name: str, size: tuple[int, int], tile: int
) -> None:
    network, image = random_generator(name), noise(*size)
    runtime = open_runtime(network, statistics_of(network), CPU)
    answer = tiled(patches_of(runtime, REACHES[name], image), image, tile)
    assert answer.std() > 20
    assert farthest(answer, whole(network, image)) <= 1


@pytest.mark.parametrize("name", REACHES)
@pytest.mark.parametrize("size", SIZES)
def test_patches_of_any_size_are_taken(name: str, size: tuple[int, int]) -> None:
    image, echo = noise(*size), Echo()
    echo.multiple, echo.smallest = {"ganilla": (16, 32), "resnet_9blocks": (4, 8)}[name]
    assert patches_of(echo, REACHES[name], image)(image[None]).shape == (1, *size, 3)


def test_openvino_and_torch_agree() -> None:
    network, image = random_generator("ganilla"), noise(75, 90)
    statistics = statistics_of(network)
    reference = Eager(FoldedNetwork(network, statistics), CPU)
    fast = OpenVino(FoldedNetwork(network, statistics))
    one, other = (patches_of(each, 189, image)(image[None])[0] for each in (reference, fast))
    assert farthest(one, other) <= 1


@pytest.mark.parametrize("most", [60 * 64, 30 * 64, 26 * 26])
def test_what_does_not_fit_is_done_in_parts_with_the_same_result(most: int) -> None:
    image = noise(61, 90)
    wanted, _ = echoed(image)
    answer, echo = echoed(image, most)
    assert len(echo.tried) > 2
    np.testing.assert_array_equal(answer, wanted)


def test_a_size_that_did_not_fit_is_not_tried_again() -> None:
    image, echo = noise(64, 64), Echo(most=48 * 48)
    patches = patches_of(echo, echo.reach, image)
    patches(np.stack([image] * 3))
    assert echo.tried.count((64, 64)) == 1


def test_a_patch_that_no_part_of_fits_is_an_error_that_names_the_halo() -> None:
    with pytest.raises(ModelError, match=r"room for the 4 px of surroundings .* free some memory"):
        echoed(noise(64, 64), most=10)


def test_lanes_that_run_out_of_memory_together_give_the_same_result() -> None:
    images = [noise(61, 90, seed) for seed in range(12)]
    echoes = [Echo(most=30 * 64) for _ in range(3)]
    patches = patches_of(Lanes(echoes), Echo.reach, images[0])
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(patches, [image[None] for image in images]))
    for image, answer in zip(images, answers, strict=True):
        np.testing.assert_array_equal(answer, echoed(image)[0])
    # Each thread may have begun with the whole before one of them knew that it does not fit.
    assert sum(echo.tried.count((64, 92)) for echo in echoes) <= 3
    assert any(echo.closed for echo in echoes)


def test_other_faults_of_a_runtime_are_not_taken_for_lack_of_memory() -> None:
    class Faulty(Echo):
        def __call__(self, batch: Batch) -> Batch:
            raise RuntimeError("no such operator")

    with pytest.raises(RuntimeError, match="no such operator"):
        patches_of(Faulty(), 4, noise(16, 16))(noise(16, 16)[None])


def test_the_argument_is_not_changed_and_may_be_read_only() -> None:
    image = noise(20, 20)
    before = image.copy()
    image.setflags(write=False)
    echoed(image)
    np.testing.assert_array_equal(image, before)


def test_the_halo_is_the_reach_in_steps_of_the_multiple() -> None:
    patches = patches_of(Echo(), 5, noise(16, 16))
    assert isinstance(patches, Patchwise)
    assert (patches.halo, patches.multiple, patches.blend, patches.batch) == (8, 4, "crop", 1)


def test_an_image_that_fits_is_one_patch() -> None:
    assert patches_of(Echo(), 5, noise(33, 90)).tile == 92


def test_the_provenance_tells_what_ran_the_model() -> None:
    echo = Echo()
    record = {"model": "x", "statistics": "model"}
    told = FrozenPatches(echo, device=CPU, reach=4, height=9, width=9, record=record).provenance()
    assert told == {**record, "runtime": "echo", "precision": "float32"}


def test_the_provenance_tells_how_many_lanes_and_devices_there_were() -> None:
    lanes = Lanes([Echo(), Echo(), Echo(), Echo()], devices=2)
    patches = patches_of(lanes, Echo.reach, noise(9, 9))
    told = patches.provenance()
    assert (patches.lanes, told["lanes"], told["devices"]) == (4, 4, 2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card")
@pytest.mark.parametrize("name", REACHES)
def test_cuda_answers_as_the_cpu_does(name: str) -> None:
    network, image = random_generator(name), noise(240, 250)
    statistics, cuda = statistics_of(network), torch.device("cuda")
    on_cuda = open_runtime(network, statistics, cuda)
    patches = FrozenPatches(on_cuda, device=cuda, reach=REACHES[name], height=240, width=250)
    assert farthest(patches(image[None])[0], whole(network, image)) <= 2
