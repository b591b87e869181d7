"""The folder of a job in progress.

    work/<job id>/<claim>/           one attempt: input, decoded pixels, results being written
    work/<job id>/kept-<claim>/      what the next one goes on from if it is killed: `app.keeping`
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

KEPT = "kept-"


@dataclass(frozen=True)
class Workplace:
    """Where one claim on one job works."""

    root: Path
    """The job's folder."""
    attempt: Path
    """The claim's own folder."""
    kept: Path
    """Where the claim keeps what a later one goes on from."""

    @property
    def finished(self) -> Path:
        """The folder of the finished results; there only when they are complete."""
        return self.root / "finished"

    @property
    def results(self) -> Path:
        """The folder of the results being written."""
        return self.attempt / "results"

    def enter(self) -> None:
        """Make the claim's own folder; earlier attempts leave nothing but what they have kept."""
        for folder in [path for path in self.root.glob("*") if not is_kept(path)]:
            shutil.rmtree(folder, ignore_errors=True)
        self.results.mkdir(parents=True, mode=0o700)

    def finish(self) -> None:
        """Make the written results the finished ones; each file is on disk already."""
        disk.sync(self.results)
        self.results.rename(self.finished)
        disk.sync(self.root)
        self.forget()

    def provenance(self) -> dict[str, object]:
        """What made the finished results."""
        record: dict[str, object] = json.loads((self.finished / PROVENANCE).read_text())
        return record

    def leave(self) -> None:
        """Remove the claim's own folder; what was kept, and finished, stays for the next one."""
        shutil.rmtree(self.attempt, ignore_errors=True)

    def forget(self) -> None:
        """Remove what was kept: nobody is to go on from it."""
        for folder in kept_in(self.root):
            shutil.rmtree(folder, ignore_errors=True)

    def clear(self) -> None:
        """Remove the job's folder."""
        shutil.rmtree(self.root, ignore_errors=True)


def is_over(job: Job) -> bool:
    """Whether no worker will work at it again: it has ended, or only has to be published."""
    return job.state in ENDED or job.publish_due is not None


def is_kept(path: Path) -> bool:
    """Whether an attempt keeps there what a later one goes on from."""
    return path.name.startswith(KEPT)


def kept_in(root: Path) -> list[Path]:
    """Where the attempts at a job keep what a later one goes on from."""
    return [path for path in root.glob("*") if is_kept(path)]


def workplace(work: Path, claim: Claim) -> Workplace:
    """The place of a claim in the folder of all jobs in progress."""
    root = work / claim.job.id
    return Workplace(root, root / str(claim.attempt), root / f"{KEPT}{claim.attempt}")
