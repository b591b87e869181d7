"""Whether the stores take objects now, asked so that a silent bucket holds nobody up."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Lock, Thread

from app.services import Services
from app.stores.store import StoreUnavailable

PATIENCE_S = 5.0
"""How long an answer is waited for."""


class StoreProbe:
    """Asks one question at a time: whoever comes meanwhile waits for the same answer."""

    def __init__(self, services: Services, *, patience_s: float = PATIENCE_S) -> None:
        self._services = services
        self._patience_s = patience_s
        self._lock = Lock()
        self._asking: Thread | None = None
        self._answer: Future[str] = Future()

    def ask(self) -> str:
        """`ok`, or what is wrong; within a few seconds."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._answer = Future()
                self._asking = Thread(target=self._ask, args=(self._answer,), daemon=True)
                self._asking.start()
            answer = self._answer
        try:
            return answer.result(self._patience_s)
        except TimeoutError:
            return "does not answer in time"

    def _ask(self, answer: Future[str]) -> None:
        try:
            self._services.staging.check()
            if self._services.publishes:
                self._services.store.check()
        except (OSError, StoreUnavailable):
            answer.set_result("takes no objects now")
        else:
            answer.set_result("ok")
