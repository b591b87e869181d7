"""One run from step to step: what is written when."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from cyclegan.errors import Cancelled, TrainingError
from cyclegan.train import checkpoint, journal
from cyclegan.train.alarms import DiscriminatorAlarm, look_at_outputs, require_finite
from cyclegan.train.gallery import Gallery
from cyclegan.train.log import LOSSES, RunLog
from cyclegan.train.settings import TrainSettings
from cyclegan.train.tasks.learner import Learner, Sample
from cyclegan.train.team import Team

log = logging.getLogger(__name__)

CHECKPOINTS = "checkpoints"
SHOWN = 4
"""Pictures in a row of the gallery."""


@dataclass(frozen=True)
class Observer:
    """Whom a training tells how far it is, and asks whether to go on."""

    on_step: Callable[[int], None] = lambda _done: None
    """Told how many steps are behind."""
    on_means: Callable[[Mapping[str, float]], None] = lambda _means: None
    """Told the means of the losses of each interval."""
    cancelled: Callable[[], bool] = lambda: False


class Course:
    """The steps of a learner, each with what is due after it; only the team's leader writes.

    `held_out` are the pictures that it is measured on and `shown` those of which the first are
    shown and looked at for alarms, on the team's device. `first` is the step that it goes on with.
    The leader's `observer` is told, and everyone's is asked.
    """

    def __init__(
        self,
        settings: TrainSettings,
        folder: Path,
        learner: Learner,
        team: Team,
        *,
        held_out: Sample | None,
        shown: Sample | None,
        observer: Observer,
        first: int,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._learner = learner
        self._team = team
        self._held_out = held_out
        self._shown = shown and {name: images[:SHOWN] for name, images in shown.items()}
        self._observer = observer
        self._done = first
        self._alarm = DiscriminatorAlarm()
        self._log = RunLog(folder, step=first) if team.leads else None
        self._gallery = Gallery(folder, step=first, steps=settings.steps) if team.leads else None
        self._interval = _Interval()

    def run(self, batches: Iterator[list[Sample]]) -> None:
        """All steps to the end; raises TrainingError, or Cancelled after a checkpoint."""
        while self._done < self._settings.steps:
            # Signals reach the processes of a team at different steps.
            if self._team.any(self._observer.cancelled()):
                self._save()
                raise Cancelled(
                    f"Stopped after {self._done} of {self._settings.steps} steps; --resume goes on."
                )
            with self._interval.waiting():
                samples = [self._moved(sample) for sample in next(batches)]
            self._step(samples)
        self._save()

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on as the run would have whose state it is; raises TrainingError for another team."""
        before = state.get("processes", 1)
        if before != self._team.size:
            raise TrainingError(
                f"{before} processes trained this together, and now there are {self._team.size}: "
                "their batches together would be of another size. Start as many, by torchrun's "
                "--nproc-per-node and --nnodes"
            )
        self._learner.load_state_dict(state["learner"])
        checkpoint.set_rng_state(state["rng"])
        if self._log:
            self._log.load_state_dict(state["log"])
            # What was warned of is not told again.
            for record in journal.read(self._folder / LOSSES)[-1:]:
                self._alarm.look(record["losses"])

    def close(self) -> None:
        """Let go of the files."""
        if self._log:
            self._log.close()

    def _step(self, samples: list[Sample]) -> None:
        settings = self._settings
        if self._done == settings.frozen_from:
            self._learner.freeze()
        losses = self._learner.step(samples, self._done)
        seen = {name: torch.cat([sample[name] for sample in samples]) for name in samples[0]}
        rank = self._team.rank
        require_finite(losses, seen, step=self._done, folder=self._folder, rank=rank)
        self._done += 1
        self._interval.count()
        if self._log and self._gallery:
            self._log.add(losses)
            is_last = self._done == settings.steps
            if self._done % settings.show_every == 0 or is_last:
                self._show(self._log, self._gallery)
            if self._done % settings.log_every == 0 or is_last:
                self._write(self._log)
        if self._done % settings.save_every == 0:
            self._save()
        if self._team.leads:
            self._observer.on_step(self._done)

    def _write(self, files: RunLog) -> None:
        seconds, waited = self._interval.finish()
        epoch = (self._done - 1) // self._settings.epoch_steps + 1
        means = files.write(epoch=epoch, step=self._done, seconds=seconds, data_seconds=waited)
        for warning in self._alarm.look(means):
            self._warn(files, warning)
        self._observer.on_means(means)

    def _show(self, files: RunLog, gallery: Gallery) -> None:
        if self._held_out:
            measured = self._learner.measure(self._held_out)
            require_finite(measured, self._held_out, step=self._done, folder=self._folder)
            files.add(measured)
        if self._shown:
            pictures = self._learner.show(self._shown)
            gallery.add(self._done, pictures)
            for warning in look_at_outputs(pictures["input"], pictures["translation"]):
                self._warn(files, warning)
        gallery.write()

    def _warn(self, files: RunLog, message: str) -> None:
        files.warn(self._done, message)
        log.warning("step %d: %s", self._done, message)

    def _save(self) -> None:
        learner = self._learner.state_dict()
        if self._log:
            state = {
                "processes": self._team.size,
                "learner": learner,
                "log": self._log.state_dict(),
                "rng": checkpoint.rng_state(),
            }
            checkpoint.save(self._folder / CHECKPOINTS, state, self._done)
        self._team.wait()

    def _moved(self, sample: Sample) -> Sample:
        return {name: self._team.moved(images) for name, images in sample.items()}


class _Interval:
    """How long steps took, and how long they waited for pictures, since the last line."""

    def __init__(self) -> None:
        self._begin()

    def waiting(self) -> _Interval:
        """A context whose time counts as waiting."""
        return self

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._waited += time.monotonic() - self._since

    def count(self) -> None:
        """One step is over."""
        self._steps += 1

    def finish(self) -> tuple[float, float]:
        """Seconds for a step, and of them waiting; a new interval begins."""
        steps = max(self._steps, 1)
        times = (time.monotonic() - self._began) / steps, self._waited / steps
        self._begin()
        return times

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._waited = 0.0
        self._steps = 0
