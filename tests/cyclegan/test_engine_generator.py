"""Where the engine of a generator takes the statistics of its norm layers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cyclegan.engines.engine import Room, Stats, Watch
from cyclegan.engines.field import Field
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.engines.measure import measure
from cyclegan.errors import Cancelled, ImageTooLarge
from cyclegan.images.image import Pixels
from cyclegan.networks.norm import Statistics
from cyclegan.tiles import Tile
from cyclegan.tissue import TissueMask, find_tissue
from cyclegan.translate import prepare, translate
from tests.cyclegan.arrays import ArrayReader, ArrayWriter, noise
from tests.cyclegan.generators import random_generator

CPU = torch.device("cpu")


def engine(stats: Stats | None = None, statistics: Statistics | None = None) -> GeneratorEngine:
    network = random_generator()
    return GeneratorEngine(network, device=CPU, reach=189, stats=stats, statistics=statistics)


def statistics_of(pixels: Pixels, folder: Path) -> Statistics:
    height, width = (-(-length // 16) * 16 for length in pixels.shape[:2])
    fields = [Field(ArrayReader(pixels), Tile(0, 0, height, width))]
    return measure(random_generator(), fields, device=CPU, room=Room(folder))


def translated(one: GeneratorEngine, pixels: Pixels, room: Room) -> tuple[Pixels, object]:
    writer = ArrayWriter(pixels.shape[1])
    with prepare(ArrayReader(pixels), one, room=room) as plan:
        translate(ArrayReader(pixels), writer, plan)
        return writer.pixels, plan.provenance()["statistics"]


def test_an_image_that_fits_has_its_own_statistics(tmp_path: Path) -> None:
    _, used = translated(engine(), noise(40, 40), Room(tmp_path))
    assert used == "exact"


def test_an_image_that_does_not_fit_has_those_of_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave_no_memory(monkeypatch)
    one, pixels = engine(), noise(700, 100)
    # The maps of a sample, which is one tile here, take less than those of the whole.
    _, used = translated(one, pixels, Room(tmp_path, scratch_bytes=13_000_000))
    assert used == "sampled"


def test_a_package_that_has_statistics_uses_them(tmp_path: Path) -> None:
    of_model = statistics_of(noise(64, 64, seed=1), tmp_path)
    _, used = translated(engine(statistics=of_model), noise(40, 40), Room(tmp_path))
    assert used == "model"


@pytest.mark.parametrize("stats", ["exact", "sampled", "tile"])
def test_what_was_asked_for_is_done(stats: Stats, tmp_path: Path) -> None:
    of_model = statistics_of(noise(64, 64, seed=1), tmp_path)
    _, used = translated(engine(stats, of_model), noise(40, 40), Room(tmp_path))
    assert used == stats


def test_a_sample_that_is_the_whole_image_gives_what_exact_gives(tmp_path: Path) -> None:
    pixels = noise(90, 70)
    exact, _ = translated(engine("exact"), pixels, Room(tmp_path))
    sampled, _ = translated(engine("sampled"), pixels, Room(tmp_path))
    assert np.abs(exact.astype(int) - sampled).max() <= 1


def test_an_image_is_looked_through_for_tissue_once(tmp_path: Path) -> None:
    class Counting(ArrayReader):
        pixels_read = 0

        def read(self, y: int, x: int, height: int, width: int) -> Pixels:
            self.pixels_read += height * width
            return super().read(y, x, height, width)

    def read_for(blank: TissueMask | None) -> int:
        reader = Counting(pixels)
        with prepare(reader, engine("sampled"), room=Room(tmp_path), blank=blank):
            return reader.pixels_read

    pixels = noise(70, 90)
    known = find_tissue(ArrayReader(pixels))
    assert read_for(None) - read_for(known) == 70 * 90


def test_statistics_of_the_model_that_are_those_of_the_image_give_what_exact_gives(
    tmp_path: Path,
) -> None:
    pixels = noise(80, 64)
    exact, _ = translated(engine("exact"), pixels, Room(tmp_path))
    one = engine(statistics=statistics_of(pixels, tmp_path))
    for _ in range(2):  # what runs the network is kept for the next image
        of_model, _ = translated(one, pixels, Room(tmp_path))
        assert np.abs(exact.astype(int) - of_model).max() <= 1


def test_exact_without_room_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave_no_memory(monkeypatch)
    with pytest.raises(ImageTooLarge, match=r"100 x 700 px.*scratch space.*sample"):
        translated(engine("exact"), noise(700, 100), Room(tmp_path, scratch_bytes=1000))


@pytest.mark.parametrize("stats", ["exact", "sampled"])
def test_what_was_stopped_before_it_began_does_nothing(stats: Stats, tmp_path: Path) -> None:
    watch = Watch(cancelled=lambda: True)
    with pytest.raises(Cancelled):
        prepare(ArrayReader(noise(40, 40)), engine(stats), room=Room(tmp_path), watch=watch)


def test_the_provenance_tells_model_device_and_statistics(tmp_path: Path) -> None:
    network = random_generator()
    one = GeneratorEngine(network, device=CPU, reach=189, stats="sampled", record={"model": "x"})
    with prepare(ArrayReader(noise(40, 40)), one, room=Room(tmp_path)) as plan:
        told = plan.provenance()
    wanted = {"engine": "generator", "model": "x", "device": "cpu", "statistics": "sampled"}
    assert {**told, **wanted} == told


def _leave_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclegan.engines.slabs.free_bytes", lambda _: 0)
