"""Receiving an image: checked completely, or refused with nothing left."""

from __future__ import annotations

import errno
import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.services import Services, open_services
from app.uploads import FileTooLarge, receive, require_one_file
from cyclegan.errors import CorruptImage, ImageError, ImageTooLarge, UnsupportedFormat
from tests.app.disks import fill, small_disk
from tests.app.service.examples import encoded, files_below, noise, settings_for


def limited(services: Services, **values: object) -> Services:
    return replace(services, settings=services.settings.model_copy(update=values))


class Counting(io.BytesIO):
    """A stream that remembers how much was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


class Broken(io.BytesIO):
    """A sender that goes away in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError(errno.ECONNRESET, "gone")
        return super().read(100)


def test_an_upload_is_the_bytes_that_were_sent(services: Services) -> None:
    data = encoded(noise(37, 53))
    with receive(services, io.BytesIO(data)) as upload:
        assert upload.path.read_bytes() == data
        assert upload.sha256 == hashlib.sha256(data).hexdigest()
        assert upload.bytes == len(data)


def test_an_upload_is_described_by_what_is_in_it(services: Services) -> None:
    with receive(services, io.BytesIO(encoded(noise(37, 53), "JPEG"))) as upload:
        info = upload.info
        assert (info.format, info.height, info.width) == ("jpeg", 37, 53)


def test_the_preview_of_a_pyramid_is_of_a_level_that_is_large_enough(services: Services) -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as tiff:
        for level, colour in enumerate(((255, 0, 0), (0, 0, 255), (0, 255, 0))):
            pixels = np.full((64 >> level, 3400 >> level, 3), colour, np.uint8)
            tiff.write(pixels, tile=(32, 32), photometric="rgb", subfiletype=int(level > 0))
    with receive(services, io.BytesIO(stream.getvalue())) as upload:
        assert (upload.info.height, upload.info.width) == (64, 3400)
        preview = np.asarray(Image.open(upload.preview)).mean(axis=(0, 1))
        assert np.allclose(preview, (0, 0, 255), atol=3)


def test_an_upload_has_a_preview(services: Services) -> None:
    with (
        receive(services, io.BytesIO(encoded(noise(300, 7)))) as upload,
        Image.open(upload.preview) as preview,
    ):
        assert (preview.format, preview.size) == ("JPEG", (7, 300))


def test_an_upload_goes_with_its_block(services: Services) -> None:
    with receive(services, io.BytesIO(encoded(noise(3, 5)))):
        assert files_below(services.incoming)
    assert list(services.incoming.iterdir()) == []


def test_a_file_that_is_there_already_is_moved(services: Services) -> None:
    data, spooled = encoded(noise(37, 53)), services.incoming / "form-1"
    spooled.write_bytes(data)
    with receive(services, spooled) as upload:
        assert not spooled.exists()
        assert upload.path.read_bytes() == data
        assert upload.sha256 == hashlib.sha256(data).hexdigest()


def test_no_more_is_read_than_the_limit_and_a_piece(services: Services) -> None:
    stream = Counting(bytes(10 * 2**20))
    with (
        pytest.raises(FileTooLarge, match="2,000,000 bytes"),
        receive(limited(services, max_bytes=2_000_000), stream),
    ):
        pass
    assert stream.taken <= 3 * 2**20
    assert list(services.incoming.iterdir()) == []


def test_a_declared_size_over_the_limit_is_refused_unread(services: Services) -> None:
    stream = Counting(b"bytes")
    with (
        pytest.raises(FileTooLarge),
        receive(limited(services, max_bytes=100), stream, declared_bytes=101),
    ):
        pass
    assert stream.taken == 0


def test_a_file_of_exactly_the_limit_is_taken(services: Services) -> None:
    data = encoded(noise(37, 53))
    with receive(limited(services, max_bytes=len(data)), io.BytesIO(data)) as upload:
        assert upload.bytes == len(data)


def test_a_spooled_file_over_the_limit_is_refused_where_it_is(services: Services) -> None:
    spooled = services.incoming / "form-1"
    spooled.write_bytes(bytes(101))
    with pytest.raises(FileTooLarge), receive(limited(services, max_bytes=100), spooled):
        pass
    assert files_below(services.incoming) == [spooled]


GOOD = encoded(noise(37, 53))
BAD = {
    "empty": (b"", ImageError),
    "text": (b"this is no image\n" * 100, UnsupportedFormat),
    "cut": (GOOD[: len(GOOD) // 2], CorruptImage),
    "damaged": (GOOD[:2000] + bytes(200) + GOOD[2200:], CorruptImage),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_leaves_nothing(services: Services, name: str) -> None:
    data, kind = BAD[name]
    with pytest.raises(kind), receive(services, io.BytesIO(data)):
        pass
    assert list(services.incoming.iterdir()) == []
    with receive(services, io.BytesIO(GOOD)) as upload:
        assert upload.info.height == 37


def test_too_many_pixels_are_refused(services: Services) -> None:
    with (
        pytest.raises(ImageTooLarge),
        receive(limited(services, max_pixels=1960), io.BytesIO(GOOD)),
    ):
        pass
    assert list(services.incoming.iterdir()) == []


def test_a_sender_that_goes_away_leaves_nothing(services: Services) -> None:
    stream: BinaryIO = Broken(GOOD)
    with pytest.raises(ConnectionResetError), receive(services, stream):
        pass
    assert list(services.incoming.iterdir()) == []


def test_what_a_block_raises_is_raised_and_leaves_nothing(services: Services) -> None:
    with pytest.raises(RuntimeError), receive(services, io.BytesIO(GOOD)):
        raise RuntimeError
    assert list(services.incoming.iterdir()) == []


def test_a_refused_image_frees_its_place_among_those_being_decoded(services: Services) -> None:
    for _ in range(3):
        with pytest.raises(CorruptImage), receive(services, io.BytesIO(BAD["cut"][0])):
            pass
    assert services.decoding.acquire(blocking=False)
    assert services.decoding.acquire(blocking=False)
    assert not services.decoding.acquire(blocking=False)


def test_what_cannot_fit_on_the_disk_is_refused_unread(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=16 * 2**20) as disk:
        services, stream = open_services(settings_for(disk)), Counting(GOOD)
        with (
            pytest.raises(OSError, match="space") as caught,
            receive(services, stream, declared_bytes=20 * 2**20),
        ):
            pass
        assert (caught.value.errno, stream.taken) == (errno.ENOSPC, 0)


def test_a_disk_that_fills_up_leaves_nothing_and_is_usable_once_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", size=16 * 2**20) as disk:
        services, data = open_services(settings_for(disk)), encoded(noise(600, 600))
        filler = fill(disk, leave=300_000)
        with pytest.raises(OSError, match="space") as caught, receive(services, io.BytesIO(data)):
            pass
        assert caught.value.errno == errno.ENOSPC
        assert list(services.incoming.iterdir()) == []
        filler.unlink()
        with receive(services, io.BytesIO(data)) as upload:
            assert upload.bytes == len(data)


def test_one_file_of_several_is_refused_before_it_is_decoded(services: Services) -> None:
    dicom = bytes(128) + b"DICM" + bytes(200)
    with (
        pytest.raises(UnsupportedFormat, match=r"one file of an image .*DICOM"),
        receive(services, io.BytesIO(dicom)),
    ):
        pass


@pytest.mark.parametrize("name", ["slide.mrxs", "SLIDE.MRXS", "a.vms", "a.dcm", "a.zarr"])
def test_one_file_of_several_is_known_by_its_name(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match="from the command line"):
        require_one_file(name)


@pytest.mark.parametrize("name", [None, "", "a", "a.png", "mrxs", "a.mrxs.tif"])
def test_other_names_are_let_in(name: str | None) -> None:
    require_one_file(name)
