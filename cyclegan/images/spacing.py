"""How large a pixel is: choosing among what a file says, and believing nothing absurd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cyclegan.errors import SettingsError

SMALLEST_UM = 0.05
LARGEST_UM = 20.0
"""No microscope for tissue has pixels outside these."""
USUAL_SPACING_UM = 0.5
"""µm per pixel that are taken where nobody knows."""
SQUARE_TOLERANCE = 0.01
"""Height and width of a pixel may differ by this part."""
BY_HAND = "the person who sent it"
"""The source of a spacing that somebody has given."""
UM_PER = {
    "m": 1e6,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "inch": 25400.0,
    "in": 25400.0,
}
"""µm per unit of length, by the names that files use."""


@dataclass(frozen=True)
class Spacing:
    """One statement of a file about the size of its pixels, in µm."""

    y: float
    x: float
    source: str
    """Where it was read, in words for a person."""

    @property
    def is_plausible(self) -> bool:
        """Whether a microscope can have such pixels, and they are square."""
        return self.is_square and all(
            SMALLEST_UM <= side <= LARGEST_UM for side in (self.y, self.x)
        )

    @property
    def is_square(self) -> bool:
        """Whether height and width agree."""
        return abs(self.y - self.x) <= SQUARE_TOLERANCE * max(self.y, self.x)


def from_density(y: float, x: float, *, unit: str, source: str) -> tuple[Spacing, ...]:
    """The spacing of so many pixels per unit of length, or nothing when that means nothing."""
    if unit not in UM_PER or not (y > 0 and x > 0):
        return ()
    return (Spacing(UM_PER[unit] / y, UM_PER[unit] / x, source),)


def choose(stated: Sequence[Spacing]) -> tuple[Spacing | None, tuple[str, ...]]:
    """The first plausible statement, or None and a note on why what the file says is not used."""
    for spacing in stated:
        if spacing.is_plausible:
            return spacing, ()
    if not stated:
        return None, ()
    return None, (_explain(stated[0]),)


def _explain(spacing: Spacing) -> str:
    if not spacing.is_square:
        return (
            f"The pixel size is taken as unknown: {spacing.source} says {spacing.x:.4g} x "
            f"{spacing.y:.4g} µm, which is not square."
        )
    return (
        f"The pixel size is taken as unknown: {spacing.source} says {spacing.x:.4g} µm, which is "
        f"outside {SMALLEST_UM:g} to {LARGEST_UM:g} µm."
    )


def require_plausible(spacing_um: float) -> float:
    """A spacing that a person has given; raises SettingsError when no microscope can have it."""
    if SMALLEST_UM <= spacing_um <= LARGEST_UM:
        return spacing_um
    raise SettingsError(
        f"{spacing_um:g} µm per pixel was given; it must lie within {SMALLEST_UM:g} and "
        f"{LARGEST_UM:g} µm"
    )
