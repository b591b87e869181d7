"""Image files to image files: which result belongs to which input, and one file's translation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from cyclegan import __version__
from cyclegan.engines.engine import Engine, Room, Watch
from cyclegan.errors import SettingsError
from cyclegan.images import READERS, Queued, create_image, open_image
from cyclegan.images.crop import Crop
from cyclegan.images.dicom import first_of_series
from cyclegan.images.image import Extent, Reader
from cyclegan.images.region import Region
from cyclegan.images.sniff import is_image_folder
from cyclegan.models.card import ModelCard
from cyclegan.tissue import find_tissue
from cyclegan.translate import prepare, translate

IMAGE_SUFFIXES = frozenset(suffix for kind in READERS.values() for suffix in kind.suffixes)
"""Files of a folder that are taken for images; what they really are is told by their content."""
KINDS = {
    ".ome.tif": "ome-tiff",
    ".ome.tiff": "ome-tiff",
    ".ome.zarr": "ome-zarr",
    ".zarr": "ome-zarr",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".png": "png",
}
"""What is written, by the ending of a result's name; of two that fit, the first."""


@dataclass(frozen=True)
class FilePair:
    """An input file and where its result goes."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Options:
    """How files are translated; None stands for what suits the file, the model and the device."""

    tile: int | None = None
    """Height and width of a patch with its halo, in px."""
    blend: str | None = None
    """A key of `BLENDS`."""
    batch: int | None = None
    """Patches translated at once."""
    workers: int = 0
    """Threads that cut patches."""
    region: Region | None = None
    """The part that is translated, in px of what is read; None: all."""
    mpp: float | None = None
    """µm per pixel of the files; None: what they say."""
    compression: str | None = None
    """Of results that have a choice: `deflate` or `jpeg`."""
    skip_blank: bool = False
    """Whether what holds no tissue is left white."""


def pair_files(inputs: Sequence[Path], out: Path) -> list[FilePair]:
    """The files to translate, folders searched to the bottom, each with its own result.

    One input image and an `out` that is named like an image give that very file; otherwise `out` is
    a folder, in which `NAME.png` becomes `NAME-he.tif` (`NAME.png-he.tif` where several inputs
    share NAME) and the folders of the inputs are repeated. A folder that is an OME-Zarr is one
    image, and the DICOM files of one series are, in the name of the first. Hidden files are left
    out. Raises SettingsError when there is nothing to translate or a
    result would replace an input.
    """
    if len(inputs) == 1 and _is_one_image(inputs[0]) and kind_of(out.name):
        pairs = [FilePair(inputs[0], out)]
    else:
        found = [(file, place) for top in inputs for file, place in images_below(top)]
        names = Counter(without_suffix(place) for _, place in found)
        pairs = [
            FilePair(file, out / _result_name(place, alone=names[without_suffix(place)] == 1))
            for file, place in found
        ]
    _check(pairs, out)
    return pairs


def find_images(inputs: Sequence[Path]) -> list[Path]:
    """The image files of inputs, folders searched to the bottom, hidden files left out."""
    return [file for top in inputs for file, _ in images_below(top)]


def images_below(top: Path) -> Iterator[tuple[Path, Path]]:
    """The image files of an input, each with its place below it; that of one image is its name.

    A folder is searched once, however many links lead to it. What is named like an image and is
    none is given, too, so that whoever opens it can say so by its name. Raises SettingsError for a
    folder that cannot be read.
    """
    for file, place in _images_at(top, Path(top.name), set()):
        yield file, place if file == top else place.relative_to(top.name)


def kind_of(name: str) -> str | None:
    """What is written under such a name, as a key of `WRITERS`; None when it is no image's."""
    return next((kind for end, kind in KINDS.items() if name.lower().endswith(end)), None)


def translate_file(
    pair: FilePair,
    engine: Engine,
    card: ModelCard,
    *,
    room: Room,
    options: Options | None = None,
    watch: Watch | None = None,
) -> tuple[str, ...]:
    """Translate one file and return what a person should know about how it was read.

    `engine` is that of the model whose card it is. Missing folders of the result are made; the
    result appears under its name only when complete. Its description is a JSON document of what
    made it. Raises ColorMapperError or OSError.
    """
    options = options or Options()
    with ExitStack() as stack:
        reader = stack.enter_context(_opened(pair.source, card, room, options))
        plan = stack.enter_context(
            prepare(
                reader,
                engine,
                room=room,
                watch=watch,
                tile=options.tile,
                blend=options.blend,
                blank=find_tissue(reader) if options.skip_blank else None,
            )
        )
        info = reader.info
        record = {
            "program": f"Color Mapper {__version__}",
            "model": card.name,
            "weights_sha256": card.sha256,
            "input_sha256": file_sha256(pair.source),
            "source": asdict(info.source),
            "image": asdict(Extent(info.height, info.width, info.spacing_um)),
            **({"region": options.region._asdict()} if options.region else {}),
            **plan.provenance(),
        }
        pair.target.parent.mkdir(parents=True, exist_ok=True)
        new = create_image(
            pair.target,
            kind=kind_of(pair.target.name) or "tiff",
            height=info.height,
            width=info.width,
            spacing_um=info.spacing_um,
            description=json.dumps(record),
            compression=options.compression,
        )
        writer = stack.enter_context(Queued(new))
        translate(reader, writer, plan, batch=options.batch, workers=options.workers, watch=watch)
    return info.notes


def _opened(source: Path, card: ModelCard, room: Room, options: Options) -> Reader:
    """What is read of a file: the level that suits the model, and of that the region."""
    reader = open_image(
        source, scratch=room.scratch, spacing_um=card.spacing_um, own_spacing_um=options.mpp
    )
    if options.region is None:
        return reader
    try:
        return Crop(reader, *options.region)
    except SettingsError:
        reader.close()
        raise


def _images_at(path: Path, place: Path, searched: set[Path]) -> Iterator[tuple[Path, Path]]:
    """An image, or all that a folder holds and was not `searched` before, each with its place."""
    try:
        is_image, real = _is_one_image(path), path.resolve()
        inside = [] if is_image or real in searched else _shown_in(path)
    except OSError as error:
        raise SettingsError(
            f"the folder {place} cannot be read: {error.strerror}; allow it, or take it away"
        ) from error
    except RuntimeError as error:  # so Path.resolve calls it before Python 3.13
        raise SettingsError(f"{place} is a link in a circle; take it away") from error
    if is_image:
        yield path, place
    searched.add(real)
    for each in inside:
        yield from _images_at(each, place / each.name, searched)


def _shown_in(folder: Path) -> list[Path]:
    """What of a folder is named like an image, once for a series, and the folders in it."""
    shown = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    return [
        path
        for path in first_of_series(shown)
        if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES
    ]


def _is_one_image(path: Path) -> bool:
    return not path.is_dir() or is_image_folder(path)


def without_suffix(place: Path) -> Path:
    """The place without what names end in that are an image's: `a.ome.tif` is an `a`."""
    ends = [end for end in (*KINDS, *IMAGE_SUFFIXES) if place.name.lower().endswith(end)]
    longest = max(map(len, ends), default=len(place.suffix))
    return place.with_name(place.name[: len(place.name) - longest] or place.name)


def _result_name(place: Path, *, alone: bool) -> Path:
    name = without_suffix(place).name if alone else place.name
    return place.with_name(f"{name}-he.tif")


def _check(pairs: list[FilePair], out: Path) -> None:
    if kind_of(out.name) is None and out.suffix.lower() in IMAGE_SUFFIXES:
        raise SettingsError(f"{out.name}: results are written as {', '.join(KINDS)} only")
    if not pairs:
        raise SettingsError("there is no image file in what was given; name files or other folders")
    if out.is_file() and len(pairs) > 1:
        raise SettingsError(f"{out.name} is a file; several results need a folder")
    sources = [pair.source.resolve() for pair in pairs]
    # A result that is a folder replaces all that is in the one of its name.
    needed = {place for source in sources for place in (source, *source.parents)}
    targets = Counter(pair.target.resolve() for pair in pairs)
    for pair in pairs:
        if pair.target.is_dir() and kind_of(pair.target.name) != "ome-zarr":
            raise SettingsError(f"{pair.target.name} is a folder; choose another --out")
        if pair.target.resolve() in needed:
            raise SettingsError(f"{pair.target.name} would replace an input; choose another --out")
        if targets[pair.target.resolve()] > 1:
            raise SettingsError(
                f"two inputs would become {pair.target.name}; translate them into separate folders"
            )


def file_sha256(path: Path) -> str:
    """Of a file's bytes; of a folder, of the names and sums of all its files in order."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file_sha256(file)}  {file.relative_to(path).as_posix()}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
