"""A GANILLA of random weights among the models of a folder: as fast as a trained one."""

from __future__ import annotations

import tempfile
from pathlib import Path

NAME = "ganilla"


def import_random_ganilla(models: Path) -> None:
    """Make a checkpoint and import it the way people import theirs."""
    import torch

    from cyclegan.models.checkpoint import import_checkpoint
    from cyclegan.networks import GENERATORS

    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "latest_net_G_A.pth"
        torch.save(GENERATORS["ganilla"]().state_dict(), file)
        import_checkpoint(file, architecture="ganilla", name=NAME, folder=models)
