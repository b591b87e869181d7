from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from cyclegan.images import create_image
from cyclegan.images.image import Pixels, Writer
from cyclegan.images.queued import WAITING, Queued
from tests.cyclegan.images.pictures import noise
from tests.cyclegan.images.written import largest_level

DEADLINE_S = 30


class Recorder(Writer):
    """Remembers what happens to it; waits for `go` before each portion, fails at one of them."""

    def __init__(self, *, fails_at: int | None = None, goes: bool = True) -> None:
        self.happened: list[str] = []
        self.rows: list[Pixels] = []
        self.asked = 0
        self.go = threading.Event()
        self._fails_at = fails_at
        if goes:
            self.go.set()

    def write(self, rows: Pixels) -> None:
        assert self.go.wait(DEADLINE_S)
        self.asked += 1
        if len(self.rows) == self._fails_at:
            raise OSError(28, "No space left on device")
        self.rows.append(rows)

    def close(self) -> None:
        self.happened.append("closed")

    def abort(self) -> None:
        self.happened.append("aborted")


def write_all(writer: Writer, portions: list[Pixels]) -> None:
    for rows in portions:
        writer.write(rows)


def test_the_other_writer_gets_every_row_in_order(tmp_path: Path) -> None:
    pixels = noise(60, 20)
    with Queued(create_image(tmp_path / "a", kind="png", height=60, width=20)) as writer:
        for top in range(0, 60, 3):
            writer.write(pixels[top : top + 3])
    assert (largest_level(tmp_path / "a") == pixels).all()


def test_writing_does_not_wait_for_the_other_writer() -> None:
    recorder = Recorder(goes=False)
    writer = Queued(recorder)
    for _ in range(WAITING):
        writer.write(noise(2, 2))
    assert not recorder.rows
    recorder.go.set()
    writer.close()
    assert len(recorder.rows) == WAITING
    assert recorder.happened == ["closed"]


@pytest.mark.parametrize(("size", "fit"), [((64, 64), 342), ((1024, 256), 6), ((2048, 2048), 2)])
def test_so_many_pieces_wait_as_are_not_much_together(size: tuple[int, int], fit: int) -> None:
    recorder = Recorder(goes=False)
    writer = Queued(recorder)
    piece = np.broadcast_to(np.uint8(0), (*size, 3))
    given: list[int] = []

    def write_many() -> None:
        for number in range(fit + 1):
            writer.write(piece)
            given.append(number)

    thread = threading.Thread(target=write_many, daemon=True)
    thread.start()
    thread.join(0.2)
    assert len(given) == fit
    recorder.go.set()
    thread.join(DEADLINE_S)
    assert len(given) == fit + 1
    writer.close()


def test_rows_are_handed_on_without_a_copy() -> None:
    recorder, rows = Recorder(), noise(2, 2)
    with Queued(recorder) as writer:
        writer.write(rows)
    assert recorder.rows[0] is rows


def test_what_the_other_writer_raises_comes_out_of_the_next_write_or_close() -> None:
    recorder = Recorder(fails_at=0)
    many = [noise(2, 2)] * 2 * WAITING
    with pytest.raises(OSError, match="No space left"), Queued(recorder) as writer:
        write_all(writer, many)
    assert recorder.happened == ["aborted"]


def test_an_error_in_the_last_rows_comes_out_of_close_and_aborts() -> None:
    recorder = Recorder(fails_at=1, goes=False)
    writer = Queued(recorder)
    writer.write(noise(2, 2))
    writer.write(noise(2, 2))
    recorder.go.set()
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    assert recorder.happened == ["aborted"]


def test_after_an_error_the_other_writer_gets_no_more_rows() -> None:
    recorder = Recorder(fails_at=0, goes=False)
    writer = Queued(recorder)
    for _ in range(WAITING):
        writer.write(noise(2, 2))
    recorder.go.set()
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    assert recorder.asked == 1


def test_aborting_drops_what_waits(tmp_path: Path) -> None:
    recorder = Recorder(goes=False)
    writer = Queued(recorder)
    for _ in range(WAITING):
        writer.write(noise(2, 2))
    threading.Timer(0.05, recorder.go.set).start()
    writer.abort()
    assert recorder.happened == ["aborted"]
    assert len(recorder.rows) <= 1


def test_missing_rows_are_an_error_and_leave_nothing(tmp_path: Path) -> None:
    writer = Queued(create_image(tmp_path / "a", kind="tiff", height=9, width=8))
    writer.write(noise(8, 8))
    with pytest.raises(ValueError, match="8 rows were written; the image has 9"):
        writer.close()
    assert list(tmp_path.iterdir()) == []
