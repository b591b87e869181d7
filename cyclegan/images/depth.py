"""From deep samples (16 bit, 32 bit, floating point) to 8 bit, by one window for the whole image.

The window reaches from the 0.1st to the 99.9th percentile of all colour samples of the image
together, so that the colours keep their proportions; it is mapped linearly to 0..255, and what lies
outside becomes 0 or 255. Where that window has no width it is widened to the smallest and largest
sample, and where that has none either, to the whole range of the type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyclegan.images.image import Pixels

LOW_PART = 0.001
HIGH_PART = 0.999
BINS = 2**16
ROUNDS = 8
"""Times that the histogram of samples with a wide range is refined."""

Samples = NDArray[Any]
"""Samples of any shape, unsigned, signed or floating."""
Pass = Callable[[], Iterable[Samples]]
"""Goes through all colour samples of the image each time it is called."""


@dataclass(frozen=True)
class Window:
    """The samples that become 0 and 255; `low < high`."""

    low: float
    high: float

    @property
    def note(self) -> str:
        """What was done, for a person."""
        return (
            f"Brightness was scaled linearly: {self.low:.6g} became 0 and {self.high:.6g} became "
            "255, the same for all colours (0.1st to 99.9th percentile of the image)."
        )

    def apply(self, samples: Samples) -> Pixels:
        """The samples as uint8, rounded; what is not a number becomes 0."""
        if samples.dtype == np.uint16:
            table = self._scale(np.arange(BINS))
            return table[samples]
        return self._scale(samples)

    def _scale(self, samples: Samples) -> Pixels:
        scaled = (samples.astype(np.float64) - self.low) * (255 / (self.high - self.low))
        whole = np.nan_to_num(scaled.clip(0, 255), copy=False, nan=0).round()
        scaled_to_8_bits: Pixels = whole.astype(np.uint8)
        return scaled_to_8_bits


def find_window(samples: Pass, dtype: np.dtype[Any]) -> Window:
    """The window of an image, found in one pass for uint16 and in some more for other types."""
    low, high, smallest, largest = (
        _percentiles_uint16(samples) if dtype == np.uint16 else _percentiles(samples)
    )
    for window in (Window(low, high), Window(smallest, largest)):
        if window.low < window.high:
            return window
    return _full_range(dtype, smallest)


def _full_range(dtype: np.dtype[Any], value: float) -> Window:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return Window(float(limits.min), float(limits.max))
    return Window(0.0, max(1.0, value))


def _percentiles_uint16(samples: Pass) -> tuple[float, float, float, float]:
    counts = np.zeros(BINS, np.int64)
    for part in samples():
        counts += np.bincount(part.ravel(), minlength=BINS)
    low, high = _quantile_bins(counts, below=0, total=int(counts.sum()))
    present = counts.nonzero()[0]
    return float(low), float(high), float(present[0]), float(present[-1])


def _percentiles(samples: Pass) -> tuple[float, float, float, float]:
    """By a histogram over the range, refined while one bin holds nearly everything."""
    smallest, largest, total = _extent(samples)
    low, high = smallest, largest
    for _ in range(ROUNDS):
        width = (high - low) / BINS
        if not width > 0 or total == 0:
            break
        counts, below = _histogram(samples, low, high)
        first, last = _quantile_bins(counts, below=below, total=total)
        low, high = low + first * width, low + (last + 1) * width
        if last - first > BINS // 256:
            break
    return low, high, smallest, largest


def _extent(samples: Pass) -> tuple[float, float, int]:
    smallest, largest, total = np.inf, -np.inf, 0
    for part in samples():
        finite = part[np.isfinite(part)]
        if finite.size:
            smallest = min(smallest, float(finite.min()))
            largest = max(largest, float(finite.max()))
            total += finite.size
    return (smallest, largest, total) if total else (0.0, 0.0, 0)


def _histogram(samples: Pass, low: float, high: float) -> tuple[NDArray[np.int64], int]:
    counts, below = np.zeros(BINS, np.int64), 0
    for part in samples():
        finite = part[np.isfinite(part)].astype(np.float64)
        below += int((finite < low).sum())
        counts += np.histogram(finite, BINS, (low, high))[0]
    return counts, below


def _quantile_bins(counts: NDArray[np.int64], *, below: int, total: int) -> tuple[int, int]:
    """The bins that hold the two percentiles; `below` samples lie before the first bin."""
    reached = below + counts.cumsum()
    low = int(np.searchsorted(reached, LOW_PART * total, side="right"))
    high = int(np.searchsorted(reached, HIGH_PART * total, side="left"))
    return min(low, BINS - 1), min(high, BINS - 1)
