"""Image files to image files: which result belongs to which input, and one file's translation."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclegan import __version__
from cyclegan.engines.engine import Engine
from cyclegan.errors import SettingsError
from cyclegan.images import READERS, create_image, open_image
from cyclegan.translate import prepare, translate

IMAGE_SUFFIXES = frozenset(suffix for kind in READERS.values() for suffix in kind.suffixes)
"""Files of a folder that are taken for images; what they really are is told by their content."""
KINDS = {".tif": "tiff", ".tiff": "tiff", ".png": "png"}
"""What is written, by the suffix of a result's name."""


@dataclass(frozen=True)
class FilePair:
    """An input file and where its result goes."""

    source: Path
    target: Path


def pair_files(inputs: Sequence[Path], out: Path) -> list[FilePair]:
    """The files to translate, folders searched to the bottom, each with its own result.

    One input file and an `out` that is named like an image give that very file; otherwise `out` is
    a folder, in which `NAME.png` becomes `NAME-he.tif` (`NAME.png-he.tif` where several inputs
    share NAME) and the folders of the inputs are repeated. Hidden files are left out. Raises
    SettingsError when there is nothing to translate or a result would replace an input.
    """
    if len(inputs) == 1 and inputs[0].is_file() and out.suffix.lower() in KINDS:
        pairs = [FilePair(inputs[0], out)]
    else:
        found = [(file, place) for top in inputs for file, place in _images_below(top)]
        names = Counter(place.with_suffix("") for _, place in found)
        pairs = [
            FilePair(file, out / _result_name(place, alone=names[place.with_suffix("")] == 1))
            for file, place in found
        ]
    _check(pairs, out)
    return pairs


def translate_file(
    pair: FilePair,
    engine: Engine,
    *,
    model: str,
    tile: int,
    blend: str,
    batch: int | None = None,
    workers: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[str, ...]:
    """Translate one file and return what a person should know about how it was read.

    Missing folders of the result are made; the result appears under its name only when complete.
    Its description is a JSON document of what made it. Raises ColorMapperError or OSError.
    """
    with open_image(pair.source) as reader:
        plan = prepare(reader, engine, tile=tile, blend=blend)
        record = {
            "program": f"Color Mapper {__version__}",
            "model": model,
            "input_sha256": _sha256(pair.source),
            **plan.provenance(),
        }
        pair.target.parent.mkdir(parents=True, exist_ok=True)
        with create_image(
            pair.target,
            kind=KINDS[pair.target.suffix.lower()],
            height=reader.info.height,
            width=reader.info.width,
            spacing_um=reader.info.spacing_um,
            description=json.dumps(record),
        ) as writer:
            translate(
                reader, writer, engine, plan, batch=batch, workers=workers, on_progress=on_progress
            )
        return reader.info.notes


def _images_below(top: Path) -> Iterator[tuple[Path, Path]]:
    """The image files of an input, each with its place below it."""
    if top.is_file():
        yield top, Path(top.name)
        return
    for file in sorted(top.rglob("*")):
        place = file.relative_to(top)
        hidden = any(part.startswith(".") for part in place.parts)
        if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file() and not hidden:
            yield file, place


def _result_name(place: Path, *, alone: bool) -> Path:
    return place.with_name(f"{place.stem if alone else place.name}-he.tif")


def _check(pairs: list[FilePair], out: Path) -> None:
    if out.suffix.lower() in IMAGE_SUFFIXES - KINDS.keys():
        raise SettingsError(f"{out.name}: results are written as {', '.join(KINDS)} only")
    if not pairs:
        raise SettingsError("there is no image file in what was given; name files or other folders")
    if out.is_file() and len(pairs) > 1:
        raise SettingsError(f"{out.name} is a file; several results need a folder")
    sources = {pair.source.resolve() for pair in pairs}
    targets = Counter(pair.target.resolve() for pair in pairs)
    for pair in pairs:
        if pair.target.resolve() in sources:
            raise SettingsError(f"{pair.target.name} would replace an input; choose another --out")
        if targets[pair.target.resolve()] > 1:
            raise SettingsError(
                f"two inputs would become {pair.target.name}; translate them into separate folders"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
