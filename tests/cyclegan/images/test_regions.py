"""Files that are read by regions, without a spool: the same pixels as decoding the whole gives."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil
import pytest
import tifffile
from numpy.typing import NDArray

from cyclegan.errors import CorruptImage, ImageTooLarge
from cyclegan.images import open_image
from cyclegan.images.crop import Crop
from cyclegan.images.image import DecodeLimits, Reader
from cyclegan.images.region_reader import RegionReader
from cyclegan.images.resample import Resampled
from tests.cyclegan.images.pictures import (
    ORIENTATION,
    deep_noise,
    noise,
    read_here,
    save_zarr,
    smooth,
    swapping_profile,
)

H, W = 301, 203
REGIONS = [(0, 0, H, W), (17, 33, 100, 90), (H - 1, W - 1, 1, 1), (250, 0, 51, W)]


def pyramid(path: Path, *levels: NDArray[Any], **options: Any) -> Path:
    """A tiled TIFF whose levels are pages."""
    kind = {name: options.pop(name) for name in ("byteorder", "bigtiff") if name in options}
    with tifffile.TiffWriter(path, **kind) as f:
        for number, level in enumerate(levels):
            plain = {"photometric": "rgb", "tile": (64, 64), "metadata": None}
            f.write(level, **{**plain, **options, "subfiletype": 1 if number else 0})
    return path


def whole(reader: Reader) -> NDArray[np.uint8]:
    return reader.read(0, 0, reader.info.height, reader.info.width)


def rgba(kind: Literal["opaque", "varied"]) -> NDArray[np.uint8]:
    alpha = np.full((H, W, 1), 130) if kind == "opaque" else noise(H, W, seed=3)[:, :, :1]
    return np.concatenate([noise(H, W), alpha.astype(np.uint8)], axis=2)


PICTURES: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "8 bit": (noise(H, W), {}),
    "deflate": (noise(H, W), {"compression": "deflate", "predictor": True}),
    "JPEG": (smooth(H, W), {"compression": "jpeg"}),
    "16 bit": (deep_noise(H, W), {}),
    "dim 16 bit": ((deep_noise(H, W) // 163 + 291).astype(np.uint16), {}),
    "floating point": (smooth(H, W).astype(np.float32) / 7, {}),
    "grey": (noise(H, W)[:, :, 0], {"photometric": "minisblack"}),
    "16-bit grey": (deep_noise(H, W)[:, :, 0], {"photometric": "minisblack"}),
    "inverted grey": (noise(H, W)[:, :, 0], {"photometric": "miniswhite"}),
    "planar": (np.moveaxis(noise(H, W), 2, 0), {"planarconfig": "separate"}),
    "alpha": (rgba("varied"), {"extrasamples": ["unassalpha"]}),
    "constant alpha": (rgba("opaque"), {"extrasamples": ["unassalpha"]}),
    "ICC profile": (noise(H, W), {"iccprofile": swapping_profile()}),
    "16 bit with ICC profile": (deep_noise(H, W), {"iccprofile": swapping_profile()}),
    "big-endian": (deep_noise(H, W), {"byteorder": ">"}),
    "big-endian BigTIFF": (deep_noise(H, W), {"byteorder": ">", "bigtiff": True}),
    "lying": (noise(H, W), {"extratags": [(ORIENTATION, 3, 1, 6, True)]}),
}


def halved(picture: NDArray[Any], *, is_planar: bool) -> NDArray[Any]:
    return picture[:, ::2, ::2] if is_planar else picture[::2, ::2]


@pytest.mark.parametrize("name", PICTURES)
def test_regions_are_what_decoding_the_whole_gives(name: str, tmp_path: Path) -> None:
    picture, options = PICTURES[name]
    lower = halved(picture, is_planar=name == "planar")
    path = pyramid(tmp_path / "a.tif", picture, lower, **options)
    expected = read_here(path)
    with open_image(path, scratch=tmp_path) as reader:
        assert isinstance(reader, RegionReader)
        assert (whole(reader) == expected.pixels).all()
        if name != "lying":
            for y, x, height, width in REGIONS:
                part = expected.pixels[y : y + height, x : x + width]
                assert (reader.read(y, x, height, width) == part).all()
        assert reader.info.notes == expected.notes
    assert list(tmp_path.iterdir()) == [path], "no spool is needed"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    levels = [noise(H, W), noise(150, 101, seed=1), noise(75, 50, seed=2)]
    return pyramid(tmp_path / "a.tif", *levels, resolution=(20000, 20000), resolutionunit=3)


@pytest.fixture
def reader(path: Path) -> Iterator[RegionReader]:
    with open_image(path) as opened:
        assert isinstance(opened, RegionReader)
        yield opened


def test_levels_are_found_as_pages(reader: RegionReader) -> None:
    assert [level.height for level in reader.levels] == [H, 150, 75]
    assert [level.spacing_um for level in reader.levels] == pytest.approx([0.5, 1, 2])


def test_levels_are_found_in_subifds(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True, bigtiff=True) as file:
        options: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64)}
        metadata = {"axes": "YXS", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
        file.write(noise(H, W), subifds=1, metadata=metadata, **options)
        file.write(noise(150, 101, seed=1), subfiletype=1, **options)
    with open_image(path, spacing_um=1) as reader:
        assert (whole(reader) == noise(150, 101, seed=1)).all()


def test_thumbnails_and_labels_are_no_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.svs"
    with tifffile.TiffWriter(path) as file:
        tiled: dict[str, Any] = {"photometric": "rgb", "tile": (64, 64), "metadata": None}
        file.write(noise(H, W), **tiled)
        file.write(noise(100, 67), photometric="rgb", metadata=None)
        file.write(noise(150, 101, seed=1), **tiled)
        file.write(noise(80, 90), subfiletype=1, **tiled)
    with open_image(path) as reader:
        assert isinstance(reader, RegionReader)
        assert [level.height for level in reader.levels] == [H, 150]


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("axes", ["cyx", "tczyx"])
def test_ome_zarr_is_read_with_its_levels(
    version: Literal[2, 3], axes: str, tmp_path: Path
) -> None:
    levels = [noise(H, W), noise(151, 102, seed=1)]
    path = save_zarr(tmp_path / "a", levels, version=version, spacing_um=0.5, axes=axes)
    for spacing, level in zip((0.5, 1.0), levels, strict=True):
        with open_image(path, spacing_um=spacing) as reader:
            assert (whole(reader) == level).all()
            assert reader.info.spacing_um == spacing
            assert reader.info.source.height == H


def test_a_deep_ome_zarr_is_scaled_as_a_deep_tiff(tmp_path: Path) -> None:
    deep = deep_noise(90, 70)[:, :, :1] // 3
    tifffile.imwrite(tmp_path / "a.tif", deep[:, :, 0])
    with open_image(save_zarr(tmp_path / "a.zarr", [deep], version=2)) as reader:
        assert (whole(reader) == read_here(tmp_path / "a.tif").pixels).all()


def test_an_ome_zarr_that_leads_elsewhere_is_corrupt(tmp_path: Path) -> None:
    path = save_zarr(tmp_path / "a.zarr", [noise(9, 8)])
    document = path / "zarr.json"
    document.write_text(document.read_text().replace('"s0"', '"../b.zarr/s0"'))
    with pytest.raises(CorruptImage, match="outside"):
        open_image(path)


def test_a_slide_of_which_a_part_is_missing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mrxs"
    path.write_bytes(b"\xff\xd8\xff" + bytes(99))
    with pytest.raises(CorruptImage, match="lacks the folder a beside it"):
        open_image(path)


def test_an_overview_is_the_coarsest_level_that_is_large_enough(reader: RegionReader) -> None:
    assert reader.overview(151).info.height == H
    assert (whole(reader.overview(150)) == noise(150, 101, seed=1)).all()
    assert reader.overview(10).info.source == reader.info.source


def test_a_large_region_is_put_together_from_parts(tmp_path: Path) -> None:
    # A strip larger than what is shared with the child.
    picture = np.random.default_rng(0).integers(0, 256, (300, 20_000), dtype=np.uint8)
    options: dict[str, Any] = {"photometric": "minisblack", "tile": (256, 256)}
    with open_image(pyramid(tmp_path / "a.tif", picture, picture[::2, ::2], **options)) as reader:
        assert (reader.read(1, 3, 290, 19_990)[:, :, 1] == picture[1:291, 3:19_993]).all()


def test_a_pickled_copy_has_a_child_of_its_own(reader: RegionReader) -> None:
    copy = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own
    assert (whole(copy) == whole(reader)).all()
    reader.close()
    assert (whole(copy) == noise(H, W)).all()
    copy.close()


def test_a_copy_of_a_file_that_has_changed_is_an_error(reader: RegionReader, path: Path) -> None:
    copy = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own
    pyramid(path, noise(H + 1, W), noise(150, 101))
    with copy, pytest.raises(CorruptImage, match="changed"):
        whole(copy)


def test_regions_can_be_read_from_several_threads(reader: RegionReader) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda y: reader.read(y, 0, 1, W), range(H)))
    assert (np.concatenate(found) == noise(H, W)).all()


def test_the_child_outlives_the_thread_that_opened_it(path: Path) -> None:
    opened: list[Reader] = []
    thread = threading.Thread(target=lambda: opened.append(open_image(path)))
    thread.start()
    thread.join()
    with opened[0] as reader:
        assert (whole(reader) == noise(H, W)).all()


def children() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [child for child in found if "cyclegan.images.child" in child.cmdline()]


def test_closing_ends_the_child(path: Path) -> None:
    before = len(children())
    with open_image(path):
        assert len(children()) == before + 1
    assert len(children()) == before


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda reader: reader,
        lambda reader: Crop(reader, 3, 4, 100, 90),
        lambda reader: Resampled(reader, ratio=2),
    ],
    ids=["itself", "Crop", "Resampled"],
)
def test_a_pause_ends_the_child_until_something_is_read_again(
    wrapped: Callable[[Reader], Reader], path: Path
) -> None:
    before = len(children())
    with wrapped(open_image(path)) as reader:
        pixels = whole(reader)
        for _ in range(2):
            reader.pause()
            assert len(children()) == before
        assert (whole(reader) == pixels).all()
        assert len(children()) == before + 1
    assert len(children()) == before


def test_a_pause_does_not_open_what_is_closed(reader: RegionReader) -> None:
    reader.close()
    reader.pause()
    with pytest.raises(ValueError, match="closed"):
        whole(reader)


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGTERM])
def test_a_child_that_dies_is_a_corrupt_image(reader: RegionReader, how: signal.Signals) -> None:
    children()[-1].send_signal(how)
    for _ in range(2):
        with pytest.raises(CorruptImage, match="damaged"):
            whole(reader)


def test_a_damaged_tile_is_a_corrupt_image_when_it_is_read(tmp_path: Path) -> None:
    picture = smooth(H, W)
    path = pyramid(tmp_path / "a.tif", picture, picture[::2, ::2], compression="deflate")
    with tifffile.TiffFile(path) as file:
        place = file.pages.first.dataoffsets[6]
    with path.open("r+b") as file:
        file.seek(place + 2)
        file.write(b"\xff" * 30)
    with open_image(path) as reader:
        assert (reader.read(0, 0, 64, W) == picture[:64]).all()
        with pytest.raises(CorruptImage, match="damaged"):
            whole(reader)


def test_a_region_that_takes_too_long_is_refused(path: Path) -> None:
    with open_image(path, limits=DecodeLimits(seconds=1)) as reader:
        children()[-1].send_signal(signal.SIGSTOP)
        with pytest.raises(ImageTooLarge, match="longer than the 1 s"):
            whole(reader)


def test_time_is_counted_anew_for_each_region(path: Path) -> None:
    # More processor time than one request may take, spread over many.
    with open_image(path, limits=DecodeLimits(seconds=1)) as reader:
        child = children()[-1]
        while child.cpu_times().user < 2.2:
            reader.read(0, 0, H, W)


def test_a_child_that_serves_dies_with_its_parent(path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from cyclegan.images import open_image\n"
        "import psutil; reader = open_image(Path(sys.argv[1])); reader.read(0, 0, 9, 9)\n"
        "print(psutil.Process().children()[0].pid, flush=True); time.sleep(600)"
    )
    words = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        child.wait(20)


def sparse(path: Path, side: int) -> Path:
    """A BigTIFF of absent tiles, and one that is there at the beginning and at the end."""
    count = -(-side // 1024)
    tile = noise(1024, 1024)

    def tiles() -> Iterator[NDArray[np.uint8] | None]:
        for index in range(count * count):
            yield tile if index in {0, count * count - 1} else None

    tifffile.imwrite(
        path,
        tiles(),
        shape=(side, side, 3),
        dtype="uint8",
        tile=(1024, 1024),
        photometric="rgb",
        compression="deflate",
        bigtiff=True,
    )
    return path


def test_a_picture_of_ten_gigapixels_is_read_in_little_memory(tmp_path: Path) -> None:
    path = sparse(tmp_path / "a.tif", 100_000)
    assert path.stat().st_size < 8 * 2**20
    code = (
        "import psutil, sys; from pathlib import Path; from cyclegan.images import open_image\n"
        "with open_image(Path(sys.argv[1])) as reader:\n"
        "    for y in range(0, 3072, 256): reader.read(y, 0, 256, 100_000)\n"
        "    print(int(reader.read(99_900, 99_900, 99, 99).sum()))\n"
        "    me = psutil.Process()\n"
        "    for process in (me, *me.children()):\n"
        "        status = Path(f'/proc/{process.pid}/status').read_text()\n"
        "        print(status.split('VmHWM:')[1].split()[0])"
    )
    words = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    total, parent, child = map(int, done.stdout.split())
    assert total == noise(1024, 1024)[572:671, 572:671].sum()
    # KiB; a strip has 77 MB, and the child keeps at most 128 MiB of tiles.
    assert parent < 400 * 2**10
    assert child < 500 * 2**10


def test_more_pixels_than_the_limit_for_regions_are_refused(path: Path) -> None:
    open_image(path, limits=DecodeLimits(max_pixels=1, max_region_pixels=H * W)).close()
    with pytest.raises(ImageTooLarge, match=f"{W} x {H} px; the limit is 0.06"):
        open_image(path, limits=DecodeLimits(max_region_pixels=H * W - 1))


def test_a_large_tiled_picture_without_levels_is_read_by_regions(tmp_path: Path) -> None:
    blank = np.zeros((5000, 5000), np.uint8)
    path = pyramid(tmp_path / "a.tif", blank, photometric="minisblack", compression="deflate")
    with open_image(path) as reader:
        assert isinstance(reader, RegionReader)
