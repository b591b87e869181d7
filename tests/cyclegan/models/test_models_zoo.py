"""Packages as the BioImage Model Zoo's own library takes them, without a network."""

import os
import subprocess
import sys
from pathlib import Path

from cyclegan.engines.engine import Room
from cyclegan.models.calibrate import calibrate
from cyclegan.models.package import save
from tests.cyclegan.generators import random_generator

PROGRAM = Path(__file__).with_name("zoo.py")


def asked(folder: Path, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "BIOIMAGEIO_CACHE_PATH": str(folder / "cache")},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_trained_package_passes_the_zoos_own_tests(trained: Path, tmp_path: Path) -> None:
    assert asked(tmp_path, "test", trained) == "passed"


def test_a_package_without_statistics_passes_them_too(tmp_path: Path) -> None:
    network = random_generator("resnet_9blocks", width=4)
    folder = tmp_path / "a"
    save(folder, network, architecture="resnet_9blocks", title="A network", description="")
    assert asked(tmp_path, "test", folder) == "passed"


def test_foreign_blocks_of_a_package_with_statistics_have_no_seam(
    pictures: list[Path], tmp_path: Path
) -> None:
    card = save(
        tmp_path / "a",
        random_generator("resnet_9blocks", width=8),
        architecture="resnet_9blocks",
        title="A network",
        description="",
    )
    calibrate(card, pictures, room=Room(tmp_path), device="cpu")
    # Rounding in another order; without statistics the blocks differ by tens of grey levels.
    assert float(asked(tmp_path, "blocks", tmp_path / "a", 336)) < 1e-3
