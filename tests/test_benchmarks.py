"""The benchmarks run, their rivals are what they say, and their figures are right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import difference, flops, muse, parts
from benchmarks.inside import measure
from benchmarks.parts import PARTS
from benchmarks.results import read_results
from benchmarks.rivals import RIVALS
from benchmarks.rivals.monai_window import MonaiWindow
from benchmarks.rivals.ours import Ours
from benchmarks.rivals.png import read_png, write_png
from benchmarks.rivals.rival import Given, Rival
from benchmarks.rivals.scheme_2020 import Scheme2020
from benchmarks.rivals.whole import Whole
from benchmarks.translation import main
from cyclegan.engines.identity import IdentityEngine
from cyclegan.models.catalogue import BUILT_IN
from cyclegan.networks.ganilla import Ganilla
from tests.cyclegan.arrays import noise

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "benchmarks" / "README.md"


class Copy(nn.Module):
    """Answers every patch with itself, in memory of its own: MONAI writes into answers."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clone()


class Level(nn.Module):
    """Answers every patch with its mean, as a network does that normalises each by itself."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=(2, 3), keepdim=True).expand_as(x)


def through(rival: Rival, folder: Path, side: int = 160) -> tuple[np.ndarray, np.ndarray, int]:
    """An image of noise, what a rival makes of it, and the px that its network had."""
    write_png(folder / "image.png", noise(side, side))
    (folder / "scratch").mkdir()
    inference = rival.translate(folder / "image.png", folder / "result.png", folder / "scratch")
    return read_png(folder / "image.png"), read_png(folder / "result.png"), inference.pixels


@pytest.mark.parametrize(
    ("rival", "windows"),
    [
        (Scheme2020(Copy(), window=64, step=32), 16 * 64**2),
        (MonaiWindow(Copy(), overlap=0.5, window=64), 16 * 64**2),
        (MonaiWindow(Copy(), overlap=0.25, window=64), 9 * 64**2),
        (Whole(Copy()), 160**2),
        (Ours(IdentityEngine(), BUILT_IN["identity"]), 160**2),
    ],
)
def test_a_rival_without_a_network_returns_every_pixel(
    rival: Rival, windows: int, tmp_path: Path
) -> None:
    image, result, pixels = through(rival, tmp_path)
    assert np.array_equal(image, result)
    assert pixels == windows


def test_the_2020_scheme_averages_its_patches(tmp_path: Path) -> None:
    image, result, _ = through(Scheme2020(Level(), window=64, step=32), tmp_path, side=96)
    patches = [image[y : y + 64, x : x + 64] for y in (0, 32) for x in (0, 32)]
    means = [np.rint(patch.mean(axis=(0, 1))) for patch in patches]
    assert np.array_equal(result[0, 0], means[0])
    assert np.array_equal(result[48, 48], np.rint(np.mean(means, axis=0)))


def test_the_2020_scheme_refuses_sides_that_its_patches_do_not_cover(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="multiple of 32 px more, not 100 px"):
        through(Scheme2020(Copy(), window=64, step=32), tmp_path, side=100)


def test_differences_are_those_of_the_pixels() -> None:
    reference = np.full((10, 10, 3), 100, np.uint8)
    result = reference.copy()
    result[0, :, 0] = [101] * 4 + [102] * 3 + [97] * 2 + [0]
    assert difference.compare(result, reference) == {
        "mean": pytest.approx((4 + 6 + 6 + 100) / 300),
        "p99": 2,
        "max": 100,
        "noticeable": pytest.approx(3 / 300),
    }


def test_arithmetic_counted_from_the_layers_is_what_torch_counts() -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        Ganilla()(torch.empty((1, 3, 512, 512)))
    assert flops.network_flops() == pytest.approx(counter.get_total_flops() / 512**2)


def test_arithmetic_of_the_folded_network_is_what_torch_counts() -> None:
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = Ganilla()
        maps = [torch.empty((1, c, 4096 // n, 4096 // n)) for c, n in SHAPES]
        network.decoder()(maps)
    decoder = counter.get_total_flops() / 4096**2
    layers = flops.layer_flops()
    encoder = sum(count for name, count in layers.items() if not name.startswith(("fpn", "conv2")))
    # Bands at the edges are computed twice: they are counted there and not here.
    assert flops.folded_flops() == pytest.approx(encoder + decoder, rel=5e-3)


SHAPES = ((64, 2), (128, 4), (128, 8), (256, 16))
"""Channels and fraction of the size of the maps that GANILLA's decoder reads."""


PEAKS = """
import numpy as np
from benchmarks import memory

np.ones(2**26, np.uint8)
before = memory.reset_peak()
print(memory.peak() - before)
np.ones(2**26, np.uint8)
print(memory.peak() - before)
"""


def test_peak_memory_is_counted_from_its_last_reset() -> None:
    # In a process of its own: this one has room to spare, and need not grow.
    said = subprocess.run(
        [sys.executable, "-c", PEAKS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    reset, grown = map(int, said.split())
    assert reset < 2**24
    assert grown >= 2**26 - 2**22  # the kernel counts some pages late


def test_a_large_image_is_a_smaller_one_mirrored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(muse, "LARGEST_GROWN", 64)
    pixels = read_png(muse.muse_file(tmp_path, 150))
    assert pixels.shape == (150, 150, 3)
    assert np.array_equal(pixels[:64, :64], pixels[:64, 127:63:-1])
    assert np.array_equal(pixels[:22], pixels[128:])


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The file and the tables of a run at a size of no meaning."""
    work = tmp_path_factory.mktemp("work")
    options = ["--side", "64", "--rounds", "1", "--threads", "2", "--device", "cpu"]
    options += ["--product", "64"]
    ran = CliRunner().invoke(
        main, ["--part", "rivals", "--case", "exact", *options, "--work", str(work)]
    )
    assert ran.exit_code == 0, ran.output
    (file,) = work.glob("*.json")
    return file, ran.stdout


def rows(tables: str) -> dict[str, list[str]]:
    """The cells of the rows by the first of them."""
    lines = (line.strip("| ").split(" | ") for line in tables.splitlines() if " | " in line)
    return {cells[0]: cells for cells in lines}


def test_a_run_compares_with_the_whole_image(ran: tuple[Path, str]) -> None:
    _, tables = ran
    mean, p99, highest, noticeable = rows(tables)["ours, exact"][-4:]
    assert (p99, noticeable) == ("0", "0.00")
    assert float(mean) < 0.01
    assert int(highest) <= 1


def test_a_run_leaves_a_plot_and_a_file_that_gives_the_same_tables(ran: tuple[Path, str]) -> None:
    file, tables = ran
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert CliRunner().invoke(main, ["--from", str(file)]).stdout == tables
    assert read_results(file).machine["threads"] == 2


def test_a_region_of_a_slide_is_measured_that_holds_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "CUT_OUT", 512)
    case = ["--part", "region", "--case", "identity", "--side", "20000"]
    ran = CliRunner().invoke(main, [*case, "--threads", "1", "--work", str(tmp_path)])
    assert rows(ran.stdout)["20000 x 20000"][1:3] == ["512 x 512", "ours, identity"], ran.output
    assert sum(file.stat().st_size for file in tmp_path.glob("sparse-*.tif")) < 2**20


@pytest.mark.parametrize("stats", ["exact", "tile"])
def test_the_network_alone_is_measured_on_all_pixels(
    stats: str, ran: tuple[Path, str], tmp_path: Path
) -> None:
    work = ran[0].parent
    given = Given(work / "models", work / "statistics-64.pt")
    files = {"source": work / "muse-64.png", "scratch": tmp_path}
    figures = measure(lambda: None, given=given, stats=stats, product=64, rounds=2, **files)
    assert figures["pixels"] == 64**2
    assert figures["record"]["statistics"] == stats
    assert [len(figures[name]) for name in ("seconds", "flops")] == [2, 2]


def test_a_case_that_cannot_be_measured_says_why_and_the_rest_go_on(tmp_path: Path) -> None:
    (tmp_path / "muse-61.tif").write_bytes(b"no image")
    options = ["--part", "scaling", "--case", "identity", "--side", "61", "--side", "62"]
    ran = CliRunner().invoke(main, [*options, "--threads", "1", "--work", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert "- scaling, identity, 61 x 61 px: cyclegan.errors." in ran.stdout
    assert rows(ran.stdout)["62 x 62"][1] == "ours, identity"


def test_the_documentation_names_every_part_and_case() -> None:
    page = README.read_text(encoding="utf-8")
    assert [name for name in (*PARTS, *RIVALS) if f"`{name}`" not in page] == []


def test_every_command_in_the_documentation_has_options_that_there_are() -> None:
    page = README.read_text(encoding="utf-8")
    known = {option for parameter in main.params for option in parameter.opts}
    commands = [line for line in page.splitlines() if "benchmarks/translation.py --" in line]
    used = {option for line in commands for option in re.findall(r" (--[a-z]+)", line)}
    assert commands
    assert used <= known
