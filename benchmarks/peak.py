"""What the machine can do at most: a large matrix product, and on a card copying, too."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

SIDE = 4096
COPIED_BYTES = 2**30


def product_flops(device: torch.device, rounds: int, side: int = SIDE) -> list[float]:
    """FLOP/s of products of two matrices of side x side, one per round, after one to warm up.

    float32 on the processor, float16 on a card: what the network computes in.
    """
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    left, right, out = (torch.ones((side, side), dtype=dtype, device=device) for _ in range(3))
    torch.mm(left, right, out=out)
    took = [seconds(lambda: torch.mm(left, right, out=out), device) for _ in range(rounds)]
    return [2 * side**3 / one for one in took]


def copied_bytes(device: torch.device, rounds: int) -> list[float]:
    """Bytes read and written per second by copies inside a device's memory, one per round."""
    source = torch.zeros(COPIED_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    took = [seconds(lambda: target.copy_(source), device) for _ in range(rounds)]
    return [2 * COPIED_BYTES / one for one in took]


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Wall seconds of a call, until the device has finished it."""
    synchronise(device)
    began = time.perf_counter()
    call()
    synchronise(device)
    return time.perf_counter() - began


def synchronise(device: torch.device) -> None:
    """Wait for all that the device was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
