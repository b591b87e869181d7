"""Files that ask for too much, and what the child does about them."""

from __future__ import annotations

import errno
import io
import json
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from PIL import Image

from cyclegan.errors import CorruptImage, ImageTooLarge, UnsupportedFormat
from cyclegan.images import open_image
from cyclegan.images.image import DecodeLimits
from cyclegan.images.sandbox import ENVIRONMENT, ROOT
from tests.cyclegan.images.pictures import chunk, noise, png, save, smooth

SMALL = DecodeLimits(max_pixels=10_000)


def png_of(height: int, width: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    )


def jpeg_of(height: int, width: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(smooth(16, 16)).save(out, "JPEG")
    data = bytearray(out.getvalue())
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def tiff_of(height: int, width: int) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, noise(16, 16), photometric="rgb", compression="deflate")
    data = bytearray(out.getvalue())
    for tag, value in ((256, width), (257, height), (278, height)):
        at = data.index(struct.pack("<H", tag), 8)
        struct.pack_into("<HII", data, at + 2, 4, 1, value)
    return bytes(data)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that takes several seconds to decode, for its many strips."""
    path = tmp_path_factory.mktemp("slow") / "slow.tif"
    rows = np.zeros((100_000, 1200), np.uint16)
    tifffile.imwrite(path, rows, compression="deflate", rowsperstrip=1)
    return path


@pytest.mark.parametrize("make", [png_of, jpeg_of, tiff_of])
def test_too_many_pixels_are_refused_from_the_header(
    make: Callable[[int, int], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(make(64000, 64000))
    with pytest.raises(ImageTooLarge, match="64000 x 64000 px; the limit is 120 megapixels"):
        open_image(path, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_the_pixel_limit_is_inclusive(suffix: str, tmp_path: Path) -> None:
    open_image(save(tmp_path / f"a{suffix}", smooth(100, 100)), limits=SMALL).close()
    with pytest.raises(ImageTooLarge):
        open_image(save(tmp_path / f"b{suffix}", smooth(100, 101)), limits=SMALL)


def test_a_one_bit_png_of_many_pixels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.new("1", (13000, 13000)).save(path)
    with pytest.raises(ImageTooLarge, match="13000 x 13000"):
        open_image(path, scratch=tmp_path)


def test_a_tile_of_absurd_size_ends_at_the_memory_limit(tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, noise(64, 64), photometric="rgb", tile=(64, 64), compression="deflate")
    data = bytearray(path.read_bytes())
    for tag in (322, 323):
        at = data.index(struct.pack("<H", tag), 8)
        struct.pack_into("<HII", data, at + 2, 4, 1, 1_000_000)
    path.write_bytes(data)
    with pytest.raises((ImageTooLarge, CorruptImage)):
        open_image(path, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_too_little_memory_is_said_so(tmp_path: Path) -> None:
    # One strip, which cannot be decoded in parts.
    path = tmp_path / "a.tif"
    blank = np.zeros((12000, 8000, 3), np.uint8)
    tifffile.imwrite(path, blank, photometric="rgb", compression="deflate", rowsperstrip=12000)
    limits = DecodeLimits(memory_bytes=400 * 2**20)
    with pytest.raises(ImageTooLarge, match=r"0\.391 GiB of memory"):
        open_image(path, limits=limits, scratch=tmp_path)


def test_too_little_processor_time_is_said_so(slow: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageTooLarge, match="longer than the 1 s"):
        open_image(slow, limits=DecodeLimits(seconds=1), scratch=tmp_path)


def test_a_full_disk_is_a_full_disk_and_not_a_corrupt_image(tmp_path: Path) -> None:
    # A limit on file sizes gives EFBIG where a full disk gives ENOSPC; both mean no room.
    path = save(tmp_path / "a.png", noise(500, 500))
    code = (
        "import resource, sys; from pathlib import Path; from cyclegan.images import open_image\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try: open_image(Path(sys.argv[1]), scratch=Path(sys.argv[2]))\n"
        "except OSError as error: print(error.errno)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, tmp_path], capture_output=True, check=True, text=True
    )
    assert int(done.stdout) in {errno.EFBIG, errno.ENOSPC}
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_image(save(tmp_path / "a.png", noise(5, 5)), scratch=tmp_path / "nowhere")


def task_for_child(slow: Path, spool: Path, parent: int) -> list[str]:
    spool.touch()
    task = {
        "path": str(slow),
        "format": "tiff",
        "spool": str(spool),
        "max_pixels": 10**9,
        "max_region_pixels": 10**9,
        "own_spacing_um": None,
        "memory_bytes": 2**32,
        "seconds": 600,
        "parent": parent,
    }
    return [sys.executable, "-m", "cyclegan.images.child", json.dumps(task)]


def test_the_child_dies_with_its_parent(slow: Path, tmp_path: Path) -> None:
    command = task_for_child(slow, tmp_path / "spool", parent=0)
    code = (
        "import json, os, subprocess, sys, time\n"
        f"command = {command!r}\n"
        "task = json.loads(command[-1]); task['parent'] = os.getpid()\n"
        f"child = subprocess.Popen([*command[:-1], json.dumps(task)], cwd={str(ROOT)!r})\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.cpu_times().user > 0.7)
        parent.send_signal(signal.SIGKILL)
        # Ends when the child, too, has let go of it.
        assert parent.stdout.read() == ""


def test_a_child_whose_parent_is_gone_does_nothing(slow: Path, tmp_path: Path) -> None:
    command = task_for_child(slow, tmp_path / "spool", parent=1)
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False, capture_output=True)
    assert done.returncode != 0
    assert (tmp_path / "spool").stat().st_size == 0


def when_it_decodes(signal_number: signal.Signals) -> threading.Thread:
    """A thread that sends the signal to the decoding child of this process once it is there."""

    def send() -> None:
        wait_until(lambda: bool(decoding_children()))
        for child in decoding_children():
            child.send_signal(signal_number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def decoding_children() -> list[psutil.Process]:
    # Other tests have children of this process, too: browsers, trackers, services.
    return [child for child in psutil.Process().children() if "images.child" in command(child)]


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has ended
        return ""


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_is_killed_leaves_nothing(
    how: signal.Signals, slow: Path, tmp_path: Path
) -> None:
    killer = when_it_decodes(how)
    with pytest.raises((CorruptImage, ImageTooLarge)):
        open_image(slow, scratch=tmp_path)
    killer.join()
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_hangs_is_ended(slow: Path, tmp_path: Path) -> None:
    stopper = when_it_decodes(signal.SIGSTOP)
    with pytest.raises(ImageTooLarge, match="longer than"):
        open_image(slow, limits=DecodeLimits(seconds=1), scratch=tmp_path)
    stopper.join()
    assert list(tmp_path.iterdir()) == []


def lie(**values: object) -> str:
    return json.dumps({"answer": {"info": INFO, "orientation": 1, "levels": [], **values}})


INFO = {"height": 1, "width": 1, "format": "png", "bits": 8, "channels": 3, "notes": []}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "garbage",
        "[]",
        '{"error": "KeyError", "message": "x"}',
        '{"errno": 2}',
        '{"answer": 7}',
        '{"answer": {"info": {}, "levels": []}}',
        lie(height=1, width=1),
        lie(height=0, width=9),
        lie(height=0, width=0, orientation=9),
        lie(height=1, width=1, levels=[[2, 1, 1]], survey={}),
        lie(height=1, width=1, levels=[[1, 1, 1], [0, 0, 2]], survey={}),
        lie(height=1, width=1, levels=[[1, 1, 1]]),
    ],
)
def test_a_child_that_lies_is_not_believed(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = tmp_path / "liar"
    liar.write_text(f"#!/bin/sh\ncat <<'end'\n{answer}\nend\n")
    liar.chmod(0o755)
    path = save(tmp_path / "a.png", noise(9, 8))
    monkeypatch.setattr(sys, "executable", str(liar))
    with pytest.raises(CorruptImage, match="damaged"):
        open_image(path, scratch=tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"liar", "a.png"}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["CIELab", "16-bit CMYK", "complex", "volume"])
def test_tiffs_of_rare_kinds_are_refused_by_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    if kind == "CIELab":
        tifffile.imwrite(path, noise(9, 8), photometric="cielab")
    elif kind == "16-bit CMYK":
        tifffile.imwrite(path, np.zeros((9, 8, 4), np.uint16), photometric="separated")
    elif kind == "complex":
        tifffile.imwrite(path, np.zeros((9, 8), np.complex64))
    else:
        tifffile.imwrite(path, np.zeros((32, 32, 32), np.uint8), volumetric=True, tile=(16, 16, 16))
    with pytest.raises(UnsupportedFormat):
        open_image(path, scratch=tmp_path)


def test_a_jpeg_of_12_bits_is_refused_by_name(tmp_path: Path) -> None:
    data = bytearray(jpeg_of(16, 16))
    data[data.index(b"\xff\xc0") + 4] = 12
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with pytest.raises(UnsupportedFormat, match="12 bit"):
        open_image(path, scratch=tmp_path)


def test_a_profile_that_swells_does_not(tmp_path: Path) -> None:
    bomb = chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(10**8), 9))
    path = tmp_path / "a.png"
    path.write_bytes(png(noise(9, 8), bomb))
    with open_image(path, scratch=tmp_path) as reader:
        assert "sRGB was assumed" in reader.info.notes[0]
