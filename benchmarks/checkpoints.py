"""A GANILLA of random weights among the models of a folder: as fast as a trained one."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

NAME = "ganilla"
CALIBRATION_SIDE, CALIBRATION_SEED = 1024, 2
"""px and seed of the tissue that statistics are measured on: not that of the benchmarks."""


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


def calibrate(models: Path) -> None:
    """Put statistics into the package: those of one image of other tissue, seen whole."""
    import torch

    from benchmarks.muse import muse
    from benchmarks.reference import watch_statistics
    from cyclegan.engines.tensors import to_tensor
    from cyclegan.models.catalogue import Catalogue
    from cyclegan.models.package import keep_statistics, load

    card = Catalogue(models).card(NAME)
    network = load(card).eval()
    met = watch_statistics(network)
    pixels = muse(CALIBRATION_SIDE, seed=CALIBRATION_SEED)
    with torch.inference_mode():
        network(to_tensor(pixels[None], torch.device("cpu")))
    keep_statistics(
        card,
        met,
        images=[hashlib.sha256(pixels.tobytes()).hexdigest()],
        megapixels=pixels.size / 3e6,
        measured_megapixels=pixels.size / 3e6,
    )
