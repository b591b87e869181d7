"""Writing in a thread of its own, so that whoever makes the rows does not wait for it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

from cyclegan.images.image import Pixels, Writer
from cyclegan.images.pyramid_levels import BAND_PX

WAITING = 2
"""Portions of rows that may wait to be written, however large; with more the maker waits, too."""
WAITING_BYTES = 2**24
"""More portions may wait while they and two bands of rows, the one that is being written and the
one that is being made, are smaller than this. With twice as much, nothing was faster (measured)."""


class Queued(Writer):
    """Hands rows to another writer in a thread, in order and a few portions behind.

    What the other writer raises comes out of the next `write` or of `close`; after that it gets no
    more rows. Rows are not copied: the caller must not change them any more.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="queued")
        self._pending: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0
        self._failed = False

    def write(self, rows: Pixels) -> None:
        """Append rows, (n, width, 3) uint8; waits while too many portions do."""
        while self._pending and (self._is_full(rows) or self._pending[0][0].done()):
            self._wait()
        self._pending.append((self._thread.submit(self._forward, rows), rows.nbytes))
        self._bytes += rows.nbytes

    def close(self) -> None:
        """Wait until every row is written, and finish the other writer; what fails aborts it."""
        with ExitStack() as undo:
            undo.callback(self.abort)
            while self._pending:
                self._wait()
            undo.pop_all()
        self._thread.shutdown()
        self._writer.close()

    def abort(self) -> None:
        """Throw away what waits and what was written; waits for no more than one portion."""
        self._thread.shutdown(cancel_futures=True)
        self._writer.abort()

    def _is_full(self, rows: Pixels) -> bool:
        bands = 2 * BAND_PX * rows[0].nbytes
        return len(self._pending) >= WAITING and self._bytes + bands >= WAITING_BYTES

    def _wait(self) -> None:
        """Until the oldest portion is written; raises what writing it has raised."""
        written, size = self._pending.popleft()
        self._bytes -= size
        written.result()

    def _forward(self, rows: Pixels) -> None:
        if self._failed:
            return
        self._failed = True
        self._writer.write(rows)
        self._failed = False
