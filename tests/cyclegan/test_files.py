"""Which result belongs to which input, and what a translation takes."""

import os
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile

from cyclegan.errors import ImageError, SettingsError
from cyclegan.files import find_images, kind_of, pair_files
from cyclegan.images import open_image


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def results(inputs: list[Path], out: Path) -> list[str]:
    return [pair.target.relative_to(out).as_posix() for pair in pair_files(inputs, out)]


def test_one_file_and_an_image_name_give_that_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    [pair] = pair_files([tmp_path / "a.png"], tmp_path / "b.tif")
    assert pair.target == tmp_path / "b.tif"


def test_one_file_and_a_folder_give_a_named_result_in_it(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    assert results([tmp_path / "a.png"], tmp_path / "out") == ["a-he.tif"]


def test_a_folder_is_searched_to_the_bottom_and_its_shape_is_kept(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "deep/er/b.TIF", "notes.txt", ".hidden.png", ".git/c.png")
    assert results([tmp_path / "in"], tmp_path / "out") == ["a-he.tif", "deep/er/b-he.tif"]


def test_an_ome_zarr_is_one_image_wherever_it_lies(tmp_path: Path) -> None:
    touch(tmp_path / "in", "slide.ome.zarr/zarr.json", "slide.ome.zarr/0/a.png", "old.zarr/.zgroup")
    assert results([tmp_path / "in"], tmp_path / "out") == ["old-he.tif", "slide-he.tif"]
    zarr = tmp_path / "in" / "slide.ome.zarr"
    assert results([zarr], tmp_path / "out") == ["slide-he.tif"]
    [pair] = pair_files([zarr], tmp_path / "b.png")
    assert (pair.source, pair.target) == (zarr, tmp_path / "b.png")


def test_a_folder_is_searched_once_whatever_links_lead_to_it(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "deep/b.png")
    (tmp_path / "in" / "deep" / "circle").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "twin").symlink_to(tmp_path / "in" / "deep")
    assert results([tmp_path / "in"], tmp_path / "out") == ["a-he.tif", "deep/b-he.tif"]


def test_what_is_named_like_an_image_and_is_none_is_left_to_who_opens_it(tmp_path: Path) -> None:
    (tmp_path / "broken.png").symlink_to("nowhere")
    (tmp_path / "damaged.dcm").symlink_to("/proc/self/mem")  # reading its beginning is an error
    os.mkfifo(tmp_path / "pipe.png")
    assert find_images([tmp_path]) == sorted(tmp_path.iterdir())
    assert find_images([tmp_path / "pipe.png"]) == [tmp_path / "pipe.png"]
    for path in tmp_path.iterdir():
        with pytest.raises((OSError, ImageError)), open_image(path, scratch=tmp_path):
            pass


def test_links_in_a_circle_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").symlink_to("a.png")
    with pytest.raises(SettingsError, match=r"^in/a\.png is a link in a circle"):
        find_images([tmp_path / "in"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "shut/b.png")
    (tmp_path / "in" / "shut").chmod(0)
    with pytest.raises(SettingsError, match=r"^the folder in/shut cannot be read: Permission"):
        find_images([tmp_path / "in"])
    (tmp_path / "in" / "shut").chmod(0o700)


def dicom(series: bytes) -> bytes:
    """The beginning of a DICOM file, as far as it tells of which series it is."""
    before = b"\x08\x00\x60\x00CS\x02\x00SM"
    length = len(series).to_bytes(2, "little")
    return bytes(128) + b"DICM" + before + b"\x20\x00\x0e\x00UI" + length + series


def test_the_dicom_files_of_one_series_are_one_image(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    touch(folder, "damaged.dcm", "short.dcm", "z.png")
    for name, series in {"a": b"1.2.3\0", "b": b"1.2.34", "c": b"1.2.3\0", "d": b"1.2.3\0"}.items():
        (folder / f"{name}.dcm").write_bytes(dicom(series))
    wanted = ["a-he.tif", "b-he.tif", "damaged-he.tif", "short-he.tif", "z-he.tif"]
    assert results([folder], tmp_path / "out") == wanted
    assert results([folder / "c.dcm"], tmp_path / "out") == ["c-he.tif"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.tif", "tiff"),
        ("a.OME.TIFF", "ome-tiff"),
        ("a.ome.zarr", "ome-zarr"),
        ("a.zarr", "ome-zarr"),
        ("a.PNG", "png"),
        ("a.jpg", None),
        ("results", None),
    ],
)
def test_a_result_is_written_as_its_name_ends(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_an_ending_of_two_parts_is_no_part_of_a_result_s_name(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.ome.tif", "b.ome.tiff", "b.png", "c.d.svs")
    assert results([tmp_path / "in"], tmp_path / "out") == [
        "a-he.tif",
        "b.ome.tiff-he.tif",
        "b.png-he.tif",
        "c.d-he.tif",
    ]


def test_inputs_that_differ_in_their_ending_only_get_two_results(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "a.jpg", "b.jpg")
    assert results([tmp_path / "in"], tmp_path / "out") == [
        "a.jpg-he.tif",
        "a.png-he.tif",
        "b-he.tif",
    ]


def test_two_folders_with_a_file_of_one_name_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.png", "two/a.png")
    with pytest.raises(SettingsError, match="separate folders"):
        pair_files([tmp_path / "one", tmp_path / "two"], tmp_path / "out")


def test_an_input_is_never_replaced_with_the_folder_in_which_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "all.zarr/a.png")
    with pytest.raises(SettingsError, match=r"all\.zarr would replace an input"):
        pair_files([tmp_path / "all.zarr" / "a.png"], tmp_path / "all.zarr")


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "out.png/b.png", "out/a-he.tif/b.png")
    for out, name in (("out.png", r"out\.png"), ("out", r"a-he\.tif")):
        with pytest.raises(SettingsError, match=f"^{name} is a folder; choose another --out"):
            pair_files([tmp_path / "a.png"], tmp_path / out)


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    touch(tmp_path, "a.tif")
    with pytest.raises(SettingsError, match="would replace an input"):
        pair_files([tmp_path / "a.tif"], tmp_path / "a.tif")


def test_a_folder_without_images_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no image file"):
        pair_files([tmp_path], tmp_path / "out")


def test_several_results_do_not_go_into_one_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png", "out.dat")
    with pytest.raises(SettingsError, match="need a folder"):
        pair_files([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "out.dat")


def test_a_result_that_is_named_like_a_jpeg_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    with pytest.raises(SettingsError, match=r"written as \.ome\.tif, .*\.png only"):
        pair_files([tmp_path / "a.png"], tmp_path / "b.jpg")


def tiled(path: Path, height: int, width: int) -> Path:
    """A TIFF of smooth tiles, which is soon made."""
    tile = np.linspace(0, 200, 256 * 256 * 3).astype(np.uint8)
    count = height // 256 * (width // 256)
    tifffile.imwrite(
        path,
        (zlib.compress(tile.tobytes(), 1) for _ in range(count)),
        shape=(height, width, 3),
        dtype=np.uint8,
        tile=(256, 256),
        photometric="rgb",
        compression="deflate",
    )
    return path


def peaks(words: list[str]) -> dict[int, int]:
    """The most bytes that a command and each process that it starts had at once."""
    found: dict[int, int] = {}
    with psutil.Popen(words) as command:
        while command.poll() is None:
            for process in (command, *command.children()):
                with suppress(OSError, IndexError):  # it has ended, or just begun
                    status = Path(f"/proc/{process.pid}/status").read_text()
                    found[process.pid] = int(status.split("VmHWM:")[1].split()[0]) * 1024
            time.sleep(0.01)
    assert command.returncode == 0
    return found


@pytest.mark.parametrize("model", ["identity", "colour-mapping"])
def test_a_wider_and_larger_image_takes_hardly_more_memory(model: str, tmp_path: Path) -> None:
    def taken(height: int, width: int) -> int:
        source, result = tiled(tmp_path / "a.tif", height, width), tmp_path / "a-he.tif"
        words = [sys.executable, "scripts/translate.py", source, "--model", model, "--out", result]
        return sum(peaks([str(word) for word in words]).values())

    # Both have more pixels than are kept when they are decoded.
    assert taken(2048, 16_384) < 1.06 * taken(8448, 2048)
