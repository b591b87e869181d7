"""The service as one command: checks, migrates, then keeps a web process and a worker running.

    python -m app.serve local|server

It is the parent of both and does none of their work. Its exit code is 0 after it was asked to end
and 1 when it could not start, with one line that says why and what to do.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import get_args

from sqlalchemy.exc import DBAPIError

from app.children import POLL_S, Child, stop
from app.database import DatabaseUnavailable
from app.door import answers, open_door
from app.lock import folder_lock
from app.migrations import migrate
from app.settings import Mode, ServeSettings, load_settings
from cyclegan.errors import SettingsError

log = logging.getLogger("app.serve")

GRACEFUL_S = 15
"""How long requests that have begun may go on when the service ends."""
START_S = 60.0
"""A web process that has not answered after this long is mentioned."""
FAREWELLS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Farewell:
    """Whether a signal has asked the service to end."""

    came: bool = False

    def listen(self) -> None:
        """Take the signals, but not one that whoever started us wants ignored (`nohup`)."""
        for number in FAREWELLS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True


def serve(settings: ServeSettings, environ: Mapping[str, str], farewell: Farewell) -> int:
    """Run the service until it is asked to end; returns the exit code.

    Raises SettingsError when the data folder, the port or the database cannot be used.
    """
    log.info("starting, with the data in %s", settings.data_dir)
    with ExitStack() as held:
        _make_folder(settings.data_dir)
        held.enter_context(folder_lock(settings.data_dir))
        door = held.enter_context(open_door(settings))
        _migrate(settings)
        web, worker = children(settings, environ, door.fileno())
        web.start()
        worker.start()
        try:
            return _watch(settings, web, worker, farewell)
        finally:
            log.info("ending")
            door.close()
            stop([web, worker])


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"the data folder cannot be made: {error}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            f"the data folder {folder} cannot be written; name another: COLORMAPPER_DATA_DIR=..."
        )


def _migrate(settings: ServeSettings) -> None:
    try:
        migrate(settings.database)
    except (DatabaseUnavailable, DBAPIError, OSError) as error:
        cause = str(getattr(error, "orig", error)).partition("\n")[0]
        raise SettingsError(f"the database cannot be brought up to date: {cause}") from error


def children(settings: ServeSettings, environ: Mapping[str, str], door: int) -> tuple[Child, Child]:
    """The web process, which listens on the file descriptor `door`, and the worker; not started."""
    environ = {**environ, "_COLORMAPPER_MODE": settings.mode}
    gunicorn = [sys.executable, "-m", "gunicorn", "app.wsgi:application"]
    gunicorn += ["-c", "python:app.gunicorn_hooks", "--bind", f"fd://{door}"]
    gunicorn += ["-k", "gthread", "-w", "1", "--threads", str(settings.web_threads)]
    gunicorn += ["--timeout", "60", "--graceful-timeout", str(GRACEFUL_S)]
    gunicorn += ["--no-control-socket", "--log-level", "warning"]
    worker = [sys.executable, "-m", "app.worker", settings.mode]
    return Child("web process", gunicorn, environ, (door,)), Child("worker", worker, environ)


def _watch(settings: ServeSettings, web: Child, worker: Child, farewell: Farewell) -> int:
    late = time.monotonic() + START_S
    answered = False
    while not farewell.came:
        time.sleep(POLL_S)
        code = web.tend()
        worker.tend()
        if answered:
            continue
        if code is not None and code > 0:
            log.error("the web process cannot start; its message stands above")
            return 1
        answered = answers(settings)
        if answered:
            _greet(settings)
        elif time.monotonic() > late:
            log.warning("the web process has not answered for %.0f s", START_S)
            late = float("inf")
    return 0


def _greet(settings: ServeSettings) -> None:
    log.info(
        "results are kept in the %s store; model %s; device %s",
        settings.store,
        settings.default_model,
        _device(settings),
    )
    name = "127.0.0.1" if settings.mode == "local" else socket.gethostname()
    log.info("open http://%s:%d in a browser; Ctrl-C ends everything", name, settings.port)


def _device(settings: ServeSettings) -> str:
    if settings.device != "auto":
        return settings.device
    card = any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()
    return "auto (an NVIDIA card is there)" if card else "auto (processor; no NVIDIA card)"


def main(arguments: list[str]) -> int:
    """Run the service in the mode that the argument names; returns the exit code."""
    modes = {str(mode): mode for mode in get_args(Mode)}
    if len(arguments) != 1 or arguments[0] not in modes:
        sys.stderr.write(f"usage: python -m app.serve {'|'.join(modes)}\n")
        return 2
    form, dates = "%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format=form, datefmt=dates)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    farewell = Farewell()
    farewell.listen()
    try:
        return serve(load_settings(os.environ, mode=modes[arguments[0]]), os.environ, farewell)
    except SettingsError as error:
        sys.stderr.write(f"Color Mapper cannot start: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
