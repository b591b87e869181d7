"""Memory that goes back to the system at once, for pixels that come and go."""

from __future__ import annotations

import math
import mmap

import numpy as np

from cyclegan.images.image import Pixels


def lent(*shape: int) -> Pixels:
    """A new array, uint8, all 0, whose memory the system has back when nobody uses it any more.

    That of numpy's own arrays stays with the process as long as other things lie beside it, which
    was 25 MiB while an image of 16,384 px was translated (measured).
    """
    memory = mmap.mmap(-1, math.prod(shape), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(memory, np.uint8).reshape(shape)
