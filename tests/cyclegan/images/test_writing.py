"""Laws for every kind of file that is written."""

from __future__ import annotations

import contextlib
import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclegan.errors import SettingsError
from cyclegan.images import WRITERS, create_image
from cyclegan.images.image import Pixels
from cyclegan.images.region import Region
from cyclegan.images.srgb import srgb_profile
from tests.cyclegan.images.pictures import noise, smooth
from tests.cyclegan.images.written import contents, largest_level, write

SIZES = [(1, 1), (3, 900), (900, 3), (255, 257), (256, 256), (601, 530)]
EXACT = {"tiff", "ome-tiff", "ome-zarr", "png"}


@pytest.fixture(params=sorted(WRITERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    pixels = noise(*size) if kind in EXACT else smooth(*size)
    found = largest_level(write(tmp_path / "a", pixels, kind=kind))
    # JPEG at quality 90 is off by a few levels where colours change steeply.
    assert np.abs(found.astype(int) - pixels).mean() <= (0 if kind in EXACT else 3)


@pytest.mark.parametrize("rows", [1, 7, 300])
def test_rows_may_come_in_any_portions(kind: str, rows: int, tmp_path: Path) -> None:
    one = write(tmp_path / "one", noise(300, 41), kind=kind, rows=rows)
    other = write(tmp_path / "other", noise(300, 41), kind=kind, rows=300)
    assert contents(one) == contents(other)


@pytest.mark.parametrize("piece", [(256, 256), (300, 700), (7, 1000)])
def test_tiles_give_the_same_file_as_rows(
    kind: str, piece: tuple[int, int], tmp_path: Path
) -> None:
    pixels = noise(520, 4500)
    one = write(tmp_path / "one", pixels, kind=kind)
    with create_image(
        tmp_path / "other", kind=kind, height=520, width=4500, spacing_um=0.5
    ) as writer:
        for y, x, height, width in Region(0, 0, 520, 4500).parts(*piece):
            writer.write(pixels[y : y + height, x : x + width])
    assert contents(one) == contents(tmp_path / "other")


def test_a_piece_that_does_not_fit_beside_the_one_before_is_an_error(
    kind: str, tmp_path: Path
) -> None:
    writer = create_image(tmp_path / "a", kind=kind, height=9, width=8)
    writer.write(noise(2, 5))
    for piece in (noise(3, 2), noise(2, 7)):
        with pytest.raises(ValueError, match=r"for the place \(0, 5\)"):
            writer.write(piece)
    writer.abort()


def test_the_same_rows_give_the_same_file(kind: str, tmp_path: Path) -> None:
    # Also in another process, at another time.
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from cyclegan.images import create_image\n"
        "w = create_image(Path(sys.argv[1]), kind=sys.argv[2], height=9, width=8, spacing_um=0.5)\n"
        "w.write(np.zeros((9, 8, 3), np.uint8)); w.close()"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "other", kind], check=True)
    one = write(tmp_path / "one", np.zeros((9, 8, 3), np.uint8), kind=kind)
    assert contents(one) == contents(tmp_path / "other")


def test_the_file_appears_only_when_it_is_closed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    writer = create_image(path, kind=kind, height=9, width=8)
    writer.write(noise(9, 8))
    assert not path.exists()
    writer.close()
    assert list(tmp_path.iterdir()) == [path]


def test_aborting_leaves_nothing(kind: str, tmp_path: Path) -> None:
    writer = create_image(tmp_path / "a", kind=kind, height=9, width=8)
    writer.write(noise(5, 8))
    writer.abort()
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_block_leaves_nothing(kind: str, tmp_path: Path) -> None:
    writer = create_image(tmp_path / "a", kind=kind, height=9, width=8)
    with contextlib.suppress(KeyError), writer:
        writer.write(noise(9, 8))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_missing_rows_are_an_error_and_leave_nothing(kind: str, tmp_path: Path) -> None:
    writer = create_image(tmp_path / "a", kind=kind, height=9, width=8)
    writer.write(noise(8, 8))
    with pytest.raises(ValueError, match="8 rows were written; the image has 9"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "rows",
    [
        noise(1, 7),
        noise(10, 8),
        noise(1, 8).astype(np.uint16),
        noise(1, 8)[:, :, 0],
        noise(1, 8)[:0],
    ],
)
def test_rows_of_a_wrong_shape_are_an_error(rows: Pixels, kind: str, tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="rows"),
        create_image(tmp_path / "a", kind=kind, height=9, width=8) as writer,
    ):
        writer.write(rows)
    assert list(tmp_path.iterdir()) == []


def test_rows_may_lie_in_memory_in_any_way(kind: str, tmp_path: Path) -> None:
    turned = noise(40, 30).swapaxes(0, 1)[::-1]
    one = write(tmp_path / "one", turned, kind=kind)
    other = write(tmp_path / "other", turned.copy(), kind=kind)
    assert contents(one) == contents(other)


@pytest.mark.parametrize("kind", sorted(WRITERS.keys() - {"ome-zarr"}))
def test_a_file_with_an_srgb_profile_is_written(kind: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a", noise(20, 30), kind=kind)
    with Image.open(path) as image:
        assert image.info["icc_profile"] == srgb_profile()


def test_an_older_file_is_replaced(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"older")
    write(tmp_path / "a", noise(40, 30), kind=kind)
    write(tmp_path / "a", noise(20, 30), kind=kind)
    assert largest_level(tmp_path / "a").shape == (20, 30, 3)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_full_disk_is_an_error_of_the_system_and_leaves_nothing(
    kind: str, tmp_path: Path
) -> None:
    # A limit on file sizes gives EFBIG where a full disk gives ENOSPC.
    code = (
        "import resource, sys, numpy as np; from pathlib import Path\n"
        "from cyclegan.images import create_image\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))\n"
        "rows = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)\n"
        "try:\n"
        "    with create_image(Path(sys.argv[1]), kind=sys.argv[2], height=200, width=200) as w:\n"
        "        w.write(rows)\n"
        "except OSError as error: print(error.errno)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a", kind],
        capture_output=True,
        check=True,
        text=True,
    )
    assert int(done.stdout) in {errno.EFBIG, errno.ENOSPC}
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_height(kind: str, tmp_path: Path) -> None:
    # The higher image is 25 MB of pixels.
    code = (
        "import re, sys, numpy as np; from pathlib import Path\n"
        "from cyclegan.images import create_image\n"
        "rows = np.random.default_rng(1).integers(0, 256, (256, 512, 3), np.uint8)\n"
        "for height in (2048, 16384):\n"
        "    path = Path(sys.argv[1])\n"
        "    with create_image(path, kind=sys.argv[2], height=height, width=512) as writer:\n"
        "        for _ in range(height // 256): writer.write(rows)\n"
        "    print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a", kind],
        capture_output=True,
        check=True,
        text=True,
    )
    low, high = map(int, done.stdout.split())
    assert high - low < 10_000, "kB"


def test_an_unknown_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gif.*tiff, ome-tiff, ome-zarr, png, preview"):
        create_image(tmp_path / "a", kind="gif", height=9, width=8)


@pytest.mark.parametrize(("height", "width"), [(0, 8), (9, 0), (-1, 8)])
def test_an_image_without_pixels_is_an_error(height: int, width: int, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        create_image(tmp_path / "a", kind="tiff", height=height, width=width)


@pytest.mark.parametrize("kind", ["ome-zarr", "png", "preview"])
def test_a_compression_where_there_is_no_choice_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{kind} cannot .* as jpeg; it has no choice"):
        create_image(tmp_path / "a", kind=kind, height=9, width=8, compression="jpeg")


@pytest.mark.parametrize("kind", ["tiff", "ome-tiff"])
def test_an_unknown_compression_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{kind} cannot .* as lzw; choose deflate or jpeg"):
        create_image(tmp_path / "a", kind=kind, height=9, width=8, compression="lzw")


@pytest.mark.parametrize("kind", ["tiff", "ome-tiff"])
def test_without_a_wish_nothing_is_lost(kind: str, tmp_path: Path) -> None:
    one = write(tmp_path / "one", noise(30, 41), kind=kind)
    other = write(tmp_path / "other", noise(30, 41), kind=kind, compression="deflate")
    assert contents(one) == contents(other)
