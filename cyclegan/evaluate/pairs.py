"""Which files are evaluated, and which file is the truth of which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cyclegan.errors import SettingsError
from cyclegan.files import images_below, without_suffix
from cyclegan.names import printable

SHOWN = 3
"""Of more files than these an error names these."""


@dataclass(frozen=True)
class Pair:
    """An input image and its truth, if there is one."""

    name: str
    """The place of the input below its folder."""
    input: Path
    truth: Path | None


def find_pairs(inputs: Path, truths: Path | None) -> list[Pair]:
    """The images of a folder, searched to the bottom, each with its own truth.

    That is the one of the same place, or else of the same stem where no other input and no other
    truth has it; endings do not count. Raises SettingsError when there is no image, when a folder
    of truths has none for any of them, or when it cannot be told which is whose.
    """
    images = _by_place(inputs, "--input")
    real = {} if truths is None else _by_place(truths, "--truth")
    truth_of = _matched(images, real, without_suffix)
    settled = {_stem(place) for place in truth_of}
    left, free = ([p for p in side if _stem(p) not in settled] for side in (images, real))
    truth_of |= _matched(left, free, _stem)
    if truths is not None and not truth_of:
        raise SettingsError(
            "no image of --truth is named like one of --input; a truth has the name of its input, "
            "whatever its format"
        )
    return [
        Pair(
            printable(place.as_posix()), path, real[truth_of[place]] if place in truth_of else None
        )
        for place, path in images.items()
    ]


def images_in(folder: Path, option: str) -> list[Path]:
    """The images of a folder, searched to the bottom; raises SettingsError when there is none."""
    return list(_by_place(folder, option).values())


def _by_place(folder: Path, option: str) -> dict[Path, Path]:
    """The images of a folder by their places below it; raises SettingsError as `images_in`."""
    found = {place: path for path, place in images_below(folder)}
    if not found:
        raise SettingsError(f"there is no image in {folder.name}; name another folder as {option}")
    return found


def _stem(place: Path) -> Path:
    return Path(without_suffix(place).name)


def _matched(
    images: Iterable[Path], truths: Iterable[Path], key: Callable[[Path], Path]
) -> dict[Path, Path]:
    """The truth of each input, by their places, where both have one key.

    Raises SettingsError when one key is that of several inputs, or of several truths.
    """
    alike: dict[Path, tuple[list[Path], list[Path]]] = defaultdict(lambda: ([], []))
    for side, places in enumerate((images, truths)):
        for place in places:
            alike[key(place)][side].append(place)
    found = {}
    for ours, theirs in alike.values():
        if len(ours) == len(theirs) == 1:
            found[ours[0]] = theirs[0]
        elif ours and theirs:
            raise SettingsError(
                f"{_told(ours)} of --input and {_told(theirs)} of --truth are named alike, so it "
                "cannot be told which is whose; repeat the folders of --input in --truth, and "
                "leave one truth for each image"
            )
    return found


def _told(places: list[Path]) -> str:
    names = [place.as_posix() for place in places[:SHOWN]]
    more = len(places) - len(names)
    return ", ".join([*names, *([f"{more} more"] if more else [])])
