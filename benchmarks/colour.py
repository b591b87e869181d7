"""How far colour mapping is from the known truth of simulated tissue.

    .venv/bin/python benchmarks/colour.py

Dyes and background are estimated from the image, as for anybody's image. The truth is the H&E
rendering of the concentrations that the image was made from.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Room, Watch
from cyclegan.images import create_image, open_image
from cyclegan.images.image import Pixels
from cyclegan.muse import CLEAN, MuseSpec
from cyclegan.phantom import grow
from cyclegan.simulate import expose

HEIGHT, WIDTH, SEEDS = 512, 640, (3, 4)
CONDITIONS = {
    "two dyes, nothing else": CLEAN,
    "defocus, shading, noise": MuseSpec(haze=0),
    "the same with haze 0.2": MuseSpec(haze=0.2),
    "the same with haze 0.4": MuseSpec(),
}


def translated(muse: Pixels) -> Pixels:
    """What the engine makes of an image, which it reads from a file."""
    engine = ColourMappingEngine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "muse.png"
        with create_image(path, kind="png", height=HEIGHT, width=WIDTH) as writer:
            writer.write(muse)
        with open_image(path) as reader:
            translation = engine.prepare(reader, Room(Path(folder)), Watch())
    answer: Pixels = translation(muse[None])[0]
    return answer


def main() -> None:
    """Print a table of mean absolute errors in grey levels."""
    tissues = [grow(HEIGHT, WIDTH, seed=seed) for seed in SEEDS]
    print(f"| {HEIGHT} x {WIDTH} px | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " |")
    print("|---" * (1 + len(SEEDS)) + "|")
    for name, spec in CONDITIONS.items():
        errors = []
        for tissue in tissues:
            made = expose(tissue.nuclear, tissue.counterstain, spec)
            errors.append(np.abs(translated(made.muse).astype(int) - made.he).mean())
        print(f"| {name} | " + " | ".join(f"{error:.2f}" for error in errors) + " |")


if __name__ == "__main__":
    main()
