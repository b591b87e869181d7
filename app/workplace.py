"""The folder of a job in progress.

    work/<job id>/<claim>/           one attempt: input, decoded pixels, results being written
    work/<job id>/finished/          all results, complete and forced to disk

The results become `finished` by one rename, so a worker that takes the job over either finds all
of them or none. Each claim has its own folder: one that has lost its lease disturbs nobody.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from app import disk
from app.job import ENDED, Claim, Job
from app.objects import PROVENANCE


@dataclass(frozen=True)
class Workplace:
    """Where one claim on one job works."""

    root: Path
    """The job's folder."""
    attempt: Path
    """The claim's own folder."""

    @property
    def finished(self) -> Path:
        """The folder of the finished results; there only when they are complete."""
        return self.root / "finished"

    @property
    def results(self) -> Path:
        """The folder of the results being written."""
        return self.attempt / "results"

    def enter(self) -> None:
        """Make the claim's own folder; what earlier attempts have left is removed."""
        self.clear()
        self.results.mkdir(parents=True, mode=0o700)

    def finish(self) -> None:
        """Make the written results the finished ones; each file is on disk already."""
        disk.sync(self.results)
        self.results.rename(self.finished)
        disk.sync(self.root)

    def provenance(self) -> dict[str, object]:
        """What made the finished results."""
        record: dict[str, object] = json.loads((self.finished / PROVENANCE).read_text())
        return record

    def leave(self) -> None:
        """Remove the claim's own folder; finished results stay for whoever has the job next."""
        shutil.rmtree(self.attempt, ignore_errors=True)

    def clear(self) -> None:
        """Remove the job's folder."""
        shutil.rmtree(self.root, ignore_errors=True)


def is_over(job: Job) -> bool:
    """Whether no worker will work at it again: it has ended, or only has to be published."""
    return job.state in ENDED or job.publish_due is not None


def workplace(work: Path, claim: Claim) -> Workplace:
    """The place of a claim in the folder of all jobs in progress."""
    root = work / claim.job.id
    return Workplace(root, root / str(claim.attempt))
