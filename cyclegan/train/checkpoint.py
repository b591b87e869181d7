"""The full state of a training on disk, from which it goes on as if nothing had happened."""

from __future__ import annotations

import logging
import pickle
import random
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cyclegan.errors import TrainingError
from cyclegan.images.new_file import NewFile

log = logging.getLogger(__name__)

NAME = re.compile(r"step-(\d{9})\.pt")


def save(
    folder: Path,
    state: Mapping[str, object],
    step: int,
    *,
    last: int = 2,
    every: int | None = None,
) -> None:
    """Keep the state that was reached after a step.

    It holds tensors and plain values only. The file gets its name when it is safe on disk; then
    those before it are removed, but for the `last` ones and those whose step is a multiple of
    `every`, and so is what a damaged later checkpoint or a process that was killed has left.
    Raises OSError when the disk is full; then all earlier ones are still there.
    """
    folder.mkdir(exist_ok=True)
    for leftover in folder.glob(".*.part"):
        leftover.unlink()
    new = NewFile(folder / f"step-{step:09d}.pt")
    try:
        torch.save({"step": step, **state}, new.path)
        if unsafe := torch.serialization.get_unsafe_globals_in_checkpoint(new.path):
            raise TypeError(f"a state holds what cannot be read again: {', '.join(unsafe)}")
        new.publish()
    finally:
        new.discard()
    _remove_old(folder, step, last=last, every=every)


def load_latest(folder: Path) -> dict[str, Any] | None:
    """The last state that was kept, on the CPU, with its `step`; None when there is none.

    One that is damaged is passed over with a warning. Raises TrainingError when all are.
    """
    found = _checkpoints(folder)
    for step in sorted(found, reverse=True):
        state = _read(found[step])
        if state is not None:
            return state
        log.warning(
            "the checkpoint %s is damaged; the one before it is taken instead", found[step].name
        )
    if found:
        raise TrainingError(
            f"all checkpoints are damaged ({', '.join(path.name for path in found.values())}); "
            "bring back a copy of one, or begin another training in another folder"
        )
    return None


def is_in(folder: Path) -> bool:
    """Whether a state was ever kept in the folder, be it damaged."""
    return bool(_checkpoints(folder))


def rng_state() -> dict[str, object]:
    """Where the random numbers of python, numpy and torch stand, as plain values and tensors."""
    numbers = np.random.get_state(legacy=False)
    generator = numbers["state"]
    keys = torch.tensor(generator["key"].astype(np.int64))
    return {
        "python": random.getstate(),
        "numpy": {**numbers, "state": {**generator, "key": keys}},
        "torch": torch.get_rng_state(),
        # Asking for it would set up a card that nothing has used.
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,  # type: ignore[no-untyped-call]
    }


def set_rng_state(state: Mapping[str, Any]) -> None:
    """Bring the random numbers back to where they stood; those of a card, where there is one."""
    random.setstate(state["python"])
    numbers = state["numpy"]
    generator = numbers["state"]
    keys = generator["key"].numpy().astype(np.uint32)
    np.random.set_state({**numbers, "state": {**generator, "key": keys}})
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def _checkpoints(folder: Path) -> dict[int, Path]:
    """Step -> file."""
    files = folder.iterdir() if folder.is_dir() else ()
    return {int(named[1]): path for path in files if (named := NAME.fullmatch(path.name))}


def _read(path: Path) -> dict[str, Any] | None:
    """The state in a file; None if it is damaged."""
    try:
        # torch does not look at the checksums that it writes.
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, EOFError, RuntimeError, pickle.UnpicklingError):
        return None
    return state


def _remove_old(folder: Path, step: int, *, last: int, every: int | None) -> None:
    found = _checkpoints(folder)
    earlier = sorted(reached for reached in found if reached <= step)
    kept = {*earlier[-last:], *(reached for reached in earlier if every and reached % every == 0)}
    for reached in found.keys() - kept:
        found[reached].unlink()
