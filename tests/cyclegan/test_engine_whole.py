"""A whole image through a generator, strip by strip, with its own statistics."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from cyclegan.engines import slabs, staged, whole
from cyclegan.engines.engine import Room, Watch
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.errors import Cancelled
from cyclegan.images import open_image
from cyclegan.images.image import Pixels
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import norm_layers
from cyclegan.tiles import padded_size
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter, noise
from tests.cyclegan.generators import random_generator

CPU = torch.device("cpu")
FOLDER = os.environ.get("COLORMAPPER_TEST_DATA", "")
architectures = pytest.mark.parametrize("name", list(GENERATORS))


def at_once(network: Generator, pixels: Pixels) -> Pixels:
    """What the plain network gives for the whole image, mirrored to a size that it takes."""
    height, width = pixels.shape[:2]
    padded = padded_size(height, width, network.multiple, network.smallest)
    beyond = ((0, padded[0] - height), (0, padded[1] - width), (0, 0))
    with torch.inference_mode():
        image = network.eval()(to_tensor(np.pad(pixels, beyond, "reflect")[None], CPU))
    return to_pixels(image)[0, :height, :width]


def exactly(network: Generator) -> GeneratorEngine:
    return GeneratorEngine(network, device=CPU, reach=189, stats="exact")


def translated(network: Generator, pixels: Pixels, folder: Path, top: int = 0) -> Pixels:
    engine = exactly(network)
    writer = ArrayWriter(pixels.shape[1])
    with prepare(ArrayReader(pixels), engine, room=Room(folder)) as plan:
        assert plan.provenance()["statistics"] == "exact"
        translate(ArrayReader(pixels), writer, plan, top=top)
    return writer.pixels


def tissue(height: int, width: int) -> Pixels:
    """An image with structure at several scales, and a fifth of it blank."""
    coarse = noise(height // 20 + 1, width // 20 + 1, 1).repeat(20, 0).repeat(20, 1)
    image = (coarse[:height, :width] * 0.8 + noise(height, width) * 0.2).astype(np.uint8)
    image[: height // 5] = (4, 3, 6)
    return image


def apart(first: Pixels, second: Pixels) -> int:
    return int(np.abs(first.astype(int) - second).max())


@architectures
@pytest.mark.parametrize("size", [(1, 1), (1, 70), (17, 5), (33, 31), (129, 47)])
def test_an_image_of_any_size_comes_out_as_if_it_had_gone_through_at_once(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    network, pixels = random_generator(name), noise(*size)
    assert apart(translated(network, pixels, tmp_path), at_once(network, pixels)) <= 1


def test_a_large_image_with_blank_parts_comes_out_as_if_at_once(tmp_path: Path) -> None:
    network, pixels = random_generator(), tissue(613, 1001)
    found = translated(network, pixels, tmp_path)
    assert found.std() > 20
    assert apart(found, at_once(network, pixels)) <= 1


@pytest.mark.skipif(not FOLDER, reason="COLORMAPPER_TEST_DATA names no folder of real images")
@pytest.mark.parametrize("suffix", [".svs", ".ndpi"])
def test_real_tissue_comes_out_as_if_at_once(suffix: str, tmp_path: Path) -> None:
    """Stained in one, fluorescent in the other."""
    path = sorted(Path(FOLDER).rglob(f"*{suffix}"))[0]
    with open_image(path, scratch=tmp_path) as reader:
        middle = reader.info.height // 2, reader.info.width // 2
        pixels = reader.read(middle[0] - 350, middle[1] - 400, 611, 803)
    network = random_generator()
    found = translated(network, pixels, tmp_path)
    assert found.std() > 10
    assert apart(found, at_once(network, pixels)) <= 1


@architectures
@pytest.mark.parametrize("values", [1, 20_000])
def test_strips_of_any_height_give_the_same_image(
    name: str, values: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, pixels = random_generator(name), tissue(150, 97)
    monkeypatch.setattr(staged, "STRIP_VALUES", {"cpu": values})
    monkeypatch.setattr(whole, "DECODED_PIXELS", values)
    assert apart(translated(network, pixels, tmp_path), at_once(network, pixels)) <= 1


@architectures
def test_maps_in_scratch_files_give_the_same_bytes_as_in_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, pixels = random_generator(name), tissue(120, 90)
    in_memory = translated(network, pixels, tmp_path)
    monkeypatch.setattr(slabs, "free_bytes", lambda _: 0)
    np.testing.assert_array_equal(translated(network, pixels, tmp_path), in_memory)
    assert list(tmp_path.iterdir()) == []


def test_a_translation_goes_on_below_any_strip_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "DECODED_PIXELS", 1)
    network, pixels = random_generator(), tissue(70, 50)
    full = translated(network, pixels, tmp_path)
    for top in (16, 48, 64):
        np.testing.assert_array_equal(translated(network, pixels, tmp_path, top), full[top:])
    with pytest.raises(ValueError, match="multiples of 16"):
        translated(network, pixels, tmp_path, 17)


@architectures
@pytest.mark.parametrize("asked", [3, 15])
def test_what_a_killed_process_has_finished_is_not_done_again(
    name: str, asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slabs, "free_bytes", lambda _: 0)
    network, reader = random_generator(name), ArrayReader(tissue(40, 50))
    (tmp_path / "kept").mkdir()
    whole_image = translated(network, tissue(40, 50), tmp_path)
    calls = {"first": 0, "again": 0}

    def attempt(which: str, limit: float) -> Pixels:
        def is_killed() -> bool:
            calls[which] += 1
            return calls[which] > limit

        writer, watch = ArrayWriter(50), Watch(cancelled=is_killed)
        room = Room(tmp_path, resume=tmp_path / "kept")
        with prepare(reader, exactly(network), room=room, watch=watch) as plan:
            translate(reader, writer, plan, watch=watch)
        return writer.pixels

    with pytest.raises(Cancelled):
        attempt("first", asked)
    np.testing.assert_array_equal(attempt("again", np.inf), whole_image)
    # One strip for each step here: only the one that was under way is made twice.
    assert calls["first"] + calls["again"] < len(network.steps()) + 12


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_image_has_an_answer(value: int, tmp_path: Path) -> None:
    blank = np.full((40, 40, 3), value, np.uint8)
    network = random_generator()
    assert apart(translated(network, blank, tmp_path), at_once(network, blank)) <= 1


def test_a_network_is_as_it_was_afterwards(tmp_path: Path) -> None:
    network = random_generator()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    translated(network, noise(40, 40), tmp_path)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(layer.statistics is None for layer in norm_layers(network).values())


def test_progress_rises_through_preparing_and_translating_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    reader, watch = ArrayReader(noise(100, 100)), Watch(on_progress=told.append)
    engine = exactly(random_generator())
    with prepare(reader, engine, room=Room(tmp_path), watch=watch) as plan:
        prepared = len(told)
        translate(reader, ArrayWriter(100), plan, watch=watch)
    assert 20 < prepared < len(told)
    assert told == sorted(told)
    assert told[-1] == 1


def test_preparing_can_be_stopped(tmp_path: Path) -> None:
    answers = iter([False] * 5 + [True])
    engine = exactly(random_generator())
    watch = Watch(cancelled=lambda: next(answers))
    with pytest.raises(Cancelled):
        prepare(ArrayReader(noise(50, 50)), engine, room=Room(tmp_path), watch=watch)
