"""Bytes that somebody sent, to a file that is known to be an image within the limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app import disk
from app.decoding import decode_limits
from app.disk import Digest
from app.refusals import WrongDigest
from app.services import Services
from cyclegan.errors import ImageError, ImageTooLarge, UnsupportedFormat
from cyclegan.images import READERS, create_image, open_image
from cyclegan.images.copying import copy_pixels
from cyclegan.images.formats import ImageFormat
from cyclegan.images.image import ImageInfo, Reader
from cyclegan.images.preview import LONGEST_PX
from cyclegan.images.sniff import kind_of
from cyclegan.quality.verdicts import Verdict

RESERVE_BYTES = 2 * 2**20
"""Room on the disk that an upload leaves to the database."""


class FileTooLarge(ImageTooLarge):
    """The file has more bytes than is allowed."""


@dataclass(frozen=True)
class CheckedUpload:
    """An image that was decoded, and its preview; both files go with their block.

    A file that is read whole was decoded completely, a pyramid in the level that the preview shows.
    """

    path: Path
    preview: Path
    """A JPEG."""
    sha256: str
    """Of the file at `path`, hexadecimal."""
    bytes: int
    info: ImageInfo
    verdicts: tuple[Verdict, ...]
    """What a first look tells of what the image shows."""


@contextmanager
def receive(
    services: Services,
    source: BinaryIO | Path,
    *,
    declared_bytes: int | None = None,
    sha256: str | None = None,
) -> Iterator[CheckedUpload]:
    """The upload as a checked file for the length of the block; nothing is left afterwards.

    `source` is a stream, or a file on the disk of the data folder, which is then moved away;
    `sha256` what its digest must be, if known. Raises FileTooLarge, WrongDigest, ImageError when it
    is no usable image, and OSError (ENOSPC) on a full disk.
    """
    with disk.scratch(services.incoming) as folder:
        path, preview = folder / "file", folder / "preview.jpg"
        digest = _take(source, path, declared_bytes, services.settings.max_bytes)
        if sha256 not in {None, digest.sha256}:
            raise WrongDigest(met=digest.sha256, wanted=str(sha256))
        info, verdicts = _check(services, path, preview)
        yield CheckedUpload(path, preview, digest.sha256, digest.size, info, verdicts)


def require_one_file(filename: str | None) -> None:
    """Raise UnsupportedFormat when a file is, by its name, one part of an image of several files.

    The name counts here because bytes do not tell: the file of an MRXS slide is a small JPEG.
    """
    suffix = Path(filename or "").suffix.lower()
    for kind in READERS.values():
        if suffix in kind.suffixes:
            _require_one_file(kind)


def _require_one_file(kind: ImageFormat) -> None:
    if not kind.is_one_file:
        raise UnsupportedFormat(
            f"this is one file of an image ({kind.title}) that has several or may have; save the "
            "image as a pyramidal TIFF, or translate it from the command line"
        )


def _take(source: BinaryIO | Path, target: Path, declared: int | None, limit: int) -> Digest:
    if isinstance(source, Path):
        declared = source.stat().st_size
    if declared is not None:
        _require_within(declared, limit)
        # Moving a file takes no room, but its copy in the store will.
        disk.require_room(target.parent, declared + RESERVE_BYTES)
    if isinstance(source, Path):
        source.rename(target)
        return disk.digest_of(target)
    return disk.write(_limited(disk.pieces(source), limit), target)


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        _require_within(size, limit)
        yield piece


def _require_within(size: int, limit: int) -> None:
    if size > limit:
        raise FileTooLarge(
            f"the file has more than {limit:,} bytes, which is the limit; "
            "save the image with compression or crop it"
        )


def _check(services: Services, path: Path, preview: Path) -> tuple[ImageInfo, tuple[Verdict, ...]]:
    _require_one_file(READERS[kind_of(path)])
    limits = decode_limits(services.settings)
    with services.decoding, open_image(path, limits=limits, scratch=path.parent) as reader:
        _write_preview(reader.overview(LONGEST_PX), preview)
        return reader.info, _first_look(reader)


def _first_look(reader: Reader) -> tuple[Verdict, ...]:
    """The verdicts on an image; none where it cannot be read, which the translation will tell."""
    from cyclegan.quality.judge import judge  # loads scipy, which only those need who get images

    with suppress(ImageError):
        return tuple(judge(reader))
    return ()


def _write_preview(reader: Reader, path: Path) -> None:
    height, width = reader.info.height, reader.info.width
    with create_image(
        path, kind="preview", height=height, width=width, spacing_um=reader.info.spacing_um
    ) as writer:
        copy_pixels(reader, writer)
