"""Writing in a thread of its own, so that whoever makes the pixels does not wait for it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from cyclegan.images.image import Pixels, Writer

WAITING = 2
"""Pieces that may wait to be written, however large; with more the maker waits, too."""
WAITING_BYTES = 2**22
"""More pieces may wait while they are smaller than this together."""


class Queued(Writer):
    """Hands pieces to another writer in a thread, in order and a few behind.

    What the other writer raises comes out of the next `write` or of `close`; after that it gets no
    more of them. They are not copied: the caller must not change them any more.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queued")
        self._pending: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0
        self._failed = False

    def write(self, piece: Pixels) -> None:
        """Append a piece; waits while too many do."""
        while self._pending and (self._is_full() or self._pending[0][0].done()):
            self._wait()
        self._pending.append((self._thread.submit(self._forward, piece), piece.nbytes))
        self._bytes += piece.nbytes

    def close(self) -> None:
        """Wait until every piece is written, and finish the other writer; what fails aborts it."""
        with ExitStack() as undo:
            undo.callback(self.abort)
            while self._pending:
                self._wait()
            undo.pop_all()
        self._thread.shutdown()
        self._writer.close()

    def abort(self) -> None:
        """Throw away what waits and what was written; waits for no more than one piece."""
        self._thread.shutdown(cancel_futures=True)
        self._writer.abort()

    def _is_full(self) -> bool:
        return len(self._pending) >= WAITING and self._bytes >= WAITING_BYTES

    def _wait(self) -> None:
        """Until the oldest piece is written; raises what writing it has raised."""
        written, size = self._pending.popleft()
        self._bytes -= size
        written.result()

    def _forward(self, piece: Pixels) -> None:
        if self._failed:
            return
        self._failed = True
        self._writer.write(piece)
        self._failed = False
