"""A GANILLA of random weights among the models of a folder: as fast as a trained one."""

from __future__ import annotations

import tempfile
from pathlib import Path

NAME = "ganilla"


def import_random_ganilla(models: Path) -> None:
    """Make a checkpoint and import it the way people import theirs.

    The weights are of such a scale that the answers have all colours: errors show.
    """
    import torch

    from cyclegan.models.checkpoint import import_checkpoint
    from tests.cyclegan.generators import random_generator

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "latest_net_G_A.pth"
        torch.save(random_generator().state_dict(), file)
        import_checkpoint(file, architecture="ganilla", name=NAME, folder=models)
