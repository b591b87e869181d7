"""Which files are evaluated, and which file is the truth of which."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from cyclegan.errors import SettingsError
from cyclegan.files import find_images, without_suffix


@dataclass(frozen=True)
class Pair:
    """An input image and its truth, if there is one."""

    name: str
    """The place of the input below its folder."""
    input: Path
    truth: Path | None


def find_pairs(inputs: Path, truths: Path | None) -> list[Pair]:
    """The images of a folder, searched to the bottom, each with the truth of the same stem.

    Raises SettingsError when there is no image, when a folder of truths has none for any of them,
    or when it has two for one.
    """
    found = images_in(inputs, "--input")
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in [] if truths is None else images_in(truths, "--truth"):
        by_stem[without_suffix(path).name].append(path)
    pairs = []
    for path in found:
        same = by_stem[without_suffix(path).name]
        if len(same) > 1:
            raise SettingsError(
                f"{path.name} has {len(same)} truths: {', '.join(p.name for p in same)}; leave one"
            )
        name = path.relative_to(inputs).as_posix()
        pairs.append(Pair(name, path, same[0] if same else None))
    if truths is not None and not any(pair.truth for pair in pairs):
        raise SettingsError(
            "no image of --truth is named like one of --input; a truth has the name of its input, "
            "whatever its format"
        )
    return pairs


def images_in(folder: Path, option: str) -> list[Path]:
    """The images of a folder, searched to the bottom; raises SettingsError when there is none."""
    found = find_images([folder])
    if not found:
        raise SettingsError(f"there is no image in {folder.name}; name another folder as {option}")
    return found
