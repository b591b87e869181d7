"""A program that begins trainings, each in a process that is killed after three steps.

python -m tests.cyclegan.train.killed CONFIG ...     the run folder is CONFIG without its ending
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from cyclegan.train.course import Observer
from cyclegan.train.settings import read_settings
from cyclegan.train.trainer import train


def end(done: int) -> None:
    """Kill -9, as a power cut would end it."""
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)


for config in map(Path, sys.argv[1:]):
    if not os.fork():
        train(read_settings(config), config.with_suffix(""), observer=Observer(on_step=end))
    _, status = os.wait()
    assert os.WTERMSIG(status) == signal.SIGKILL
