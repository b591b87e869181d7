"""The packages that come with the program, and which model is taken where nobody chose one."""

from __future__ import annotations

from pathlib import Path

from cyclegan.models.card import DESCRIPTOR

SHIPPED = Path(__file__).with_name("shipped")
"""A folder for each of them."""
TRAINED = "muse2he"
"""The generator that was trained for MUSE images of all kinds of microscopes."""
UNTRAINED = "colour-mapping"
"""What is always there."""


def names(shipped: Path = SHIPPED) -> list[str]:
    """Those of the packages, in order."""
    return sorted(path.parent.name for path in shipped.glob(f"*/{DESCRIPTOR}"))


def default_model(shipped: Path = SHIPPED) -> str:
    """The trained generator if it is among them, or else the engine that learned nothing."""
    return TRAINED if TRAINED in names(shipped) else UNTRAINED
