"""One checkpoint and one package, made once."""

import shutil
from pathlib import Path

import pytest
import torch

from cyclegan.models.checkpoint import import_checkpoint
from tests.cyclegan.generators import random_generator


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


@pytest.fixture
def package(imported: Path, tmp_path: Path) -> Path:
    """A copy of the package, `models/kidney` in the test's folder, to do with as one likes."""
    copy = tmp_path / "models" / "kidney"
    shutil.copytree(imported, copy)
    return copy
