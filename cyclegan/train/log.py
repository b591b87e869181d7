"""The losses of a training: a text like the public CycleGAN project's, JSON lines, TensorBoard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from cyclegan.train import journal

TEXT = "loss_log.txt"
LOSSES = "losses.jsonl"
WARNINGS = "warnings.jsonl"
EVENTS = "tensorboard"
LINE = re.compile(r"\(epoch: \d+, iters: (\d+), ")


class RunLog:
    """Writes the mean of every named loss over an interval of steps to the files of a run folder.

    `step` is the last step that counts: what the files hold of later ones is removed, as it is
    done anew. What was added since the last `write` is part of the state of a checkpoint.
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        self._text, self._losses = folder / TEXT, folder / LOSSES
        self._warnings = folder / WARNINGS
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        _forget_lines_after(self._text, step)
        journal.forget_after(self._losses, step)
        journal.forget_after(self._warnings, step)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._append(f"================ Training Loss ({now}) ================")
        self._events = SummaryWriter(str(folder / EVENTS), purge_step=step + 1)

    def add(self, losses: Mapping[str, float]) -> None:
        """Count the losses of one step; not every step must have all of them."""
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def write(
        self, *, epoch: int, step: int, seconds: float, data_seconds: float
    ) -> dict[str, float]:
        """Write the means of the interval that ends with a step, begin the next, and return them.

        `seconds` is the mean time of a step, `data_seconds` what of it was spent waiting for data.
        """
        means = {name: value / self._counts[name] for name, value in self._sums.items()}
        values = " ".join(f"{name}: {value:.3f}" for name, value in means.items())
        times = f"time: {seconds:.3f}, data: {data_seconds:.3f}"
        self._append(f"(epoch: {epoch}, iters: {step}, {times}) {values}")
        record = {"step": step, "epoch": epoch, "seconds": seconds, "data_seconds": data_seconds}
        journal.append(self._losses, {**record, "losses": means})
        for name, value in means.items():
            self._events.add_scalar(name, value, step)
        self._events.flush()
        self._sums, self._counts = {}, {}
        return means

    def warn(self, step: int, message: str) -> None:
        """Keep what an alarm says, so that it is seen whenever somebody looks."""
        journal.append(self._warnings, {"step": step, "message": message})

    def state_dict(self) -> dict[str, Any]:
        """What was added since the last `write`."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on within the interval that a checkpoint was made in."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])

    def close(self) -> None:
        """Let go of the files."""
        self._events.close()

    def _append(self, line: str) -> None:
        with self._text.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _forget_lines_after(path: Path, step: int) -> None:
    """Remove the lines of later steps; the headers, one for each start, stay."""
    lines = journal.whole_lines(path)
    found = [LINE.match(line) for line in lines]
    kept = [line for line, of in zip(lines, found, strict=True) if not of or int(of[1]) <= step]
    journal.replace_lines(path, kept)
