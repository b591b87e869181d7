"""One checkpoint and one package, made once."""

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from cyclegan.engines.engine import Room
from cyclegan.models.calibrate import calibrate
from cyclegan.models.card import read_card
from cyclegan.models.checkpoint import import_checkpoint
from cyclegan.models.example import example_image
from cyclegan.models.package import save
from cyclegan.models.record import Credit, Scores, TrainingRecord
from tests.cyclegan.generators import random_generator, statistics_of

RECORD = TrainingRecord(
    trained_on="Simulated images of made slides.",
    sources=(Credit(title="Made slides", licence="CC0 1.0", credit="Ada", url="https://a.test"),),
    limits="Made for tests alone.",
    scores=Scores(measured_on="four made slides", values={"ssim": 0.9}),
    settings={"task": "paired", "crop": 128, "sources": ["a", "b"]},
    code="Color Mapper 0.0.0",
)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GANILLA of random weights as training saves it; not to be changed."""
    path = tmp_path_factory.mktemp("checkpoint") / "latest_net_G_A.pth"
    torch.save(random_generator().state_dict(), path)
    return path


@pytest.fixture(scope="session")
def imported(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its package; not to be changed."""
    folder = tmp_path_factory.mktemp("models")
    import_checkpoint(
        checkpoint, architecture="ganilla", name="kidney", folder=folder, spacing_um=0.5
    )
    return folder / "kidney"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two small images in the colours of MUSE, of which one is dark."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, size, dimmed in (("a.png", 90, 1), ("b.png", 64, 3)):
        Image.fromarray(example_image(size) // dimmed).save(folder / name)
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def calibrated(
    imported: Path, pictures: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of the package with statistics of the pictures; not to be changed."""
    folder = tmp_path_factory.mktemp("calibrated") / "kidney"
    shutil.copytree(imported, folder)
    room = Room(tmp_path_factory.mktemp("scratch"))
    calibrate(read_card(folder), pictures, room=room, device="cpu")
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package as a training of ours ends with one; not to be changed."""
    network = random_generator(width=4)
    folder = tmp_path_factory.mktemp("trained") / "ours"
    save(
        folder,
        network,
        architecture="ganilla",
        title="A trained network",
        description="",
        view="dyes",
        spacing_um=0.5,
        statistics=statistics_of(network),
        record=RECORD,
    )
    return folder


@pytest.fixture
def frozen(calibrated: Path, tmp_path: Path) -> Path:
    """A copy of that package, `models/kidney` in the test's folder, to do with as one likes."""
    copy = tmp_path / "models" / "kidney"
    shutil.copytree(calibrated, copy)
    return copy


@pytest.fixture
def package(imported: Path, tmp_path: Path) -> Path:
    """A copy of the package, `models/kidney` in the test's folder, to do with as one likes."""
    copy = tmp_path / "models" / "kidney"
    shutil.copytree(imported, copy)
    return copy
