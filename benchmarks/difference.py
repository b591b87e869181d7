"""How far a translation is from another of the same image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.rivals.png import read_png
from cyclegan.images.image import Pixels

NOTICEABLE = 2
"""Grey levels; the share of values that differ by more is given."""


def difference(result: Path, reference: Path) -> dict[str, float]:
    """Mean, 99th percentile, maximum and share of noticeable differences of two PNG files."""
    return compare(read_png(result), read_png(reference))


def compare(result: Pixels, reference: Pixels) -> dict[str, float]:
    """The same of two pictures; ValueError when their sizes differ."""
    if result.shape != reference.shape:
        raise ValueError(f"a result of {result.shape} cannot be compared with {reference.shape}")
    gaps = np.maximum(result, reference) - np.minimum(result, reference)
    counts = np.bincount(gaps.ravel(), minlength=256)
    below = np.cumsum(counts) / gaps.size
    return {
        "mean": float(np.arange(256) @ counts / gaps.size),
        "p99": int(np.searchsorted(below, 0.99)),
        "max": int(gaps.max()),
        "noticeable": float(counts[NOTICEABLE + 1 :].sum() / gaps.size),
    }
