"""The service as one command: checks, migrates, then keeps a web process and a worker running.

    python -m app.serve local|server [web|worker]

It is the parent of both, or of the one that is named, and does none of their work. Its exit code is
0 after it was asked to end and 1 when it could not start, with one line that says why and what to
do.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import DBAPIError

from app.accounts import Accounts
from app.children import POLL_S, Child, stop
from app.database import DatabaseUnavailable, open_database
from app.door import answers, open_door
from app.lock import folder_lock
from app.migrations import migrate
from app.promotion import default_model
from app.settings import MODES, ServeSettings, load_settings
from cyclegan.errors import SettingsError

log = logging.getLogger("app.serve")

GRACEFUL_S = 15
"""How long requests that have begun may go on when the service ends."""
START_S = 60.0
"""A web process that has not answered after this long is mentioned."""
FIRST = ".venv/bin/python scripts/accounts.py invite NAME --role admin"
PARTS = ("web", "worker")
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


def serve(
    settings: ServeSettings,
    environ: Mapping[str, str],
    farewell: Farewell,
    *,
    parts: Sequence[str] = PARTS,
) -> int:
    """Run the parts of the service until it is asked to end; returns the exit code.

    Raises SettingsError when the data folder, the port or the database cannot be used.
    """
    log.info("starting, with the data in %s", settings.data_dir)
    with ExitStack() as held:
        _make_folder(settings.data_dir)
        for part in parts:
            held.enter_context(folder_lock(settings.data_dir, part))
        running: dict[str, Child] = {}
        door = held.enter_context(ExitStack())
        if "web" in parts:
            listening = door.enter_context(open_door(settings))
            running["web"] = web_process(settings, environ, listening.fileno())
        if "worker" in parts:
            running["worker"] = worker(settings, environ)
        _migrate(settings)
        for child in running.values():
            child.start()
        try:
            return _watch(settings, running, farewell)
        finally:
            log.info("ending")
            door.close()
            stop(running.values())


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


def web_process(settings: ServeSettings, environ: Mapping[str, str], door: int) -> Child:
    """The web process, which listens on the file descriptor `door`; not started."""
    gunicorn = [sys.executable, "-m", "gunicorn", "app.wsgi:application"]
    gunicorn += ["-c", "python:app.gunicorn_hooks", "--bind", f"fd://{door}"]
    gunicorn += ["-k", "gthread", "-w", "1", "--threads", str(settings.web_threads)]
    gunicorn += ["--timeout", "60", "--graceful-timeout", str(GRACEFUL_S)]
    gunicorn += ["--no-control-socket", "--log-level", "warning"]
    return Child("web process", gunicorn, {**environ, "_COLORMAPPER_MODE": settings.mode}, (door,))


def worker(settings: ServeSettings, environ: Mapping[str, str]) -> Child:
    """The worker; not started."""
    return Child("worker", [sys.executable, "-m", "app.worker", settings.mode], environ)


def _watch(settings: ServeSettings, running: Mapping[str, Child], farewell: Farewell) -> int:
    late = time.monotonic() + START_S
    awaited = "web" in running
    if not awaited:
        _say_what_is_used(settings)
    while not farewell.came:
        time.sleep(POLL_S)
        codes = {part: child.tend() for part, child in running.items()}
        if not awaited:
            continue
        if (codes["web"] or 0) > 0:
            log.error("the web process cannot start; its message stands above")
            return 1
        if answers(settings):
            awaited = False
            _greet(settings)
        elif time.monotonic() > late:
            log.warning("the web process has not answered for %.0f s", START_S)
            late = float("inf")
    return 0


def _greet(settings: ServeSettings) -> None:
    _say_what_is_used(settings)
    name = "127.0.0.1" if settings.mode == "local" else socket.gethostname()
    log.info("open http://%s:%d in a browser; Ctrl-C ends everything", name, settings.port)
    if settings.mode == "server" and not Accounts(open_database(settings.database)).are_there():
        log.info(
            "there are no accounts yet; make the first, and open the link it prints: %s", FIRST
        )


def _say_what_is_used(settings: ServeSettings) -> None:
    log.info(
        "results are kept in the %s store; model %s; device %s",
        settings.store,
        default_model(settings),
        _device(settings),
    )


def _device(settings: ServeSettings) -> str:
    if settings.device != "auto":
        return settings.device
    card = any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()
    return "auto (an NVIDIA card is there)" if card else "auto (processor; no NVIDIA card)"


def main(arguments: list[str]) -> int:
    """Run the service in the mode, and the part, that the arguments name; returns the exit code."""
    name, *parts = arguments or [""]
    if name not in MODES or len(parts) > 1 or not set(parts) <= set(PARTS):
        usage = f"usage: python -m app.serve {'|'.join(MODES)} [{'|'.join(PARTS)}]\n"
        sys.stderr.write(usage)
        return 2
    form, dates = "%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format=form, datefmt=dates)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    farewell = Farewell()
    farewell.listen()
    try:
        settings = load_settings(os.environ, mode=MODES[name])
        return serve(settings, os.environ, farewell, parts=parts or PARTS)
    except SettingsError as error:
        sys.stderr.write(f"Color Mapper cannot start: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
