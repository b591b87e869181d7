"""How far a training is, in words for a terminal."""

from __future__ import annotations

from collections.abc import Mapping


def progress(*, step: int, steps: int, seconds: float, losses: Mapping[str, float]) -> str:
    """One line: how much is done, the time left at `seconds` for each step, the latest losses."""
    values = " ".join(f"{name} {value:.3g}" for name, value in losses.items())
    left = time_left(seconds * (steps - step)) or "no time"
    return f"{step:,} of {steps:,} steps ({step / steps:.0%}), {left} left | {values}"


def time_left(seconds: float) -> str:
    """Such as `6 h 18 min`; nothing where nothing is left."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    amounts = {"d": days, "h": hours, "min": minutes, "s": rest}
    parts = [f"{amount} {unit}" for unit, amount in amounts.items() if amount]
    return " ".join(parts[:2])
