"""How the learning rate falls: by a factor that depends on the step alone."""

from __future__ import annotations

import math
from typing import Protocol


class Schedule(Protocol):
    """A way of falling."""

    def __call__(self, step: int, *, constant: int, decay: int) -> float:
        """The factor of the learning rate in a step, counted from 0.

        It is 1 for `constant` steps and falls through the `decay` steps after them, to 0 in the
        step behind the last.
        """


def linear(step: int, *, constant: int, decay: int) -> float:
    """By the same amount each step, as in the public CycleGAN."""
    return 1 - _fallen(step, constant, decay)


def cosine(step: int, *, constant: int, decay: int) -> float:
    """Slowly first and last (Loshchilov and Hutter 2017)."""
    return (1 + math.cos(math.pi * _fallen(step, constant, decay))) / 2


SCHEDULES: dict[str, Schedule] = {"linear": linear, "cosine": cosine}


def _fallen(step: int, constant: int, decay: int) -> float:
    """How much of the decay is over, 0..1."""
    return min(max(0, step + 1 - constant) / (decay + 1), 1.0)
