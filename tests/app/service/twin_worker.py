"""A worker process of its own with an engine that behaves in some way.

    python -m tests.app.service.twin_worker BEHAVIOUR PATIENCE_S SETTINGS

Nothing of the worker is replaced: it is only given other services.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.services import open_services
from app.settings import ServeSettings
from app.shift import Shift
from app.worker import EXIT_HUNG, work
from cyclegan.engines.engine import Batch
from tests.app.service.examples import with_engine

MARKED = (255, 0, 0)
"""The colour of an image that is the death of its worker."""


def die_of_marked(batch: Batch) -> None:
    if tuple(batch[0, 0, 0]) == MARKED:
        os.kill(os.getpid(), signal.SIGKILL)


def be_slow(_: Batch) -> None:
    time.sleep(0.1)


@dataclass
class HangAtSecond:
    patches: int = 0

    def __call__(self, _: Batch) -> None:
        self.patches += 1
        while self.patches > 1:
            time.sleep(3600)


BEHAVIOURS: dict[str, Callable[[Batch], None]] = {
    "die": die_of_marked,
    "slow": be_slow,
    "hang": HangAtSecond(),
}

if __name__ == "__main__":
    behaviour, patience, settings = sys.argv[1:]
    services = open_services(ServeSettings.model_validate_json(settings))
    shift = Shift(patience_s=float(patience), on_hang=partial(os._exit, EXIT_HUNG))
    work(with_engine(services, BEHAVIOURS[behaviour]), shift)
