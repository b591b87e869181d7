"""The same pixels into several files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from cyclegan.images.image import Pixels, Writer


class Tee(Writer):
    """Hands every piece to several writers.

    When one of them fails, those that are not closed yet are aborted.
    """

    def __init__(self, writers: Sequence[Writer]) -> None:
        self._open = list(writers)

    def write(self, piece: Pixels) -> None:
        """Append a piece to every file."""
        for writer in self._open:
            writer.write(piece)

    def close(self) -> None:
        """Finish the files in order; when one fails, the rest are thrown away."""
        try:
            while self._open:
                self._open[0].close()
                del self._open[0]
        finally:
            self.abort()

    def abort(self) -> None:
        """Throw away what was written to every file that is not finished."""
        with ExitStack() as stack:
            for writer in reversed(self._open):
                stack.callback(writer.abort)
        self._open = []
