"""Where training images lie: folders, what of them is taken, and which files are one slide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cyclegan.errors import SettingsError
from cyclegan.files import find_images
from cyclegan.images.spacing import LARGEST_UM, SMALLEST_UM


@dataclass(frozen=True)
class SourceFile:
    """One image file of a source."""

    path: Path
    name: str
    """The source's folder and the place below it, for a person: `he/brecahad/10026.png`."""
    slide: str
    """Files of one slide have the same; not to be shown, for it holds a path of this machine."""
    spacing_um: float | None
    """µm per pixel of the finest level, where the file itself need not be asked."""

    @property
    def belongs_to(self) -> set[str]:
        """What two files of one slide share something of."""
        return {self.slide, str(self.path.resolve())}


class Source(BaseModel):
    """A folder of images, searched to the bottom, or one image.

    Patterns are those of the shell and compared with a file's place below the folder, written with
    slashes; `*` goes across slashes, too. So what is held out of training is an `exclude` here and
    the `include` of a test source of the same folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    """The folder, or the image."""
    spacing_um: float | None = Field(None, ge=SMALLEST_UM, le=LARGEST_UM, allow_inf_nan=False)
    """µm per pixel of all its files, whatever they say; None: what they say."""
    include: tuple[str, ...] = ("*",)
    """Files are taken whose place matches one of these patterns."""
    exclude: tuple[str, ...] = ()
    """Of those, files are left out whose place matches one of these."""
    share: float | None = Field(None, gt=0, lt=1)
    """The part of all crops that comes from it, whatever its size; None: by its tissue."""
    slide: str | None = None
    """Regular expression: files in whose places it finds the same text are of one slide, as
    `Case-[0-9]+` or `.*/`; None, or where it finds nothing: each file is a slide."""

    @model_validator(mode="after")
    def _check_slide(self) -> Self:
        try:
            re.compile(self.slide or "")
        except re.error as error:
            raise ValueError(
                f"slide is {self.slide!r}, which is no regular expression ({error}); mend it, or "
                "leave it out"
            ) from error
        return self

    def files(self) -> list[SourceFile]:
        """The images that are taken, in order of their places.

        Raises SettingsError when there are none.
        """
        if not self.path.exists():
            raise SettingsError(f"there is no folder {self.path.name}; correct the source's path")
        places = {self._place(path): path for path in find_images([self.path])}
        found = [self._file(path, place) for place, path in places.items() if self._takes(place)]
        if not found:
            raise SettingsError(
                f"the source {self.path.name} has {len(places)} images and none is taken; name "
                "another folder, or widen include and exclude"
            )
        return found

    def _place(self, path: Path) -> str:
        return path.name if path == self.path else path.relative_to(self.path).as_posix()

    def _takes(self, place: str) -> bool:
        included = any(fnmatchcase(place, pattern) for pattern in self.include)
        return included and not any(fnmatchcase(place, pattern) for pattern in self.exclude)

    def _file(self, path: Path, place: str) -> SourceFile:
        match = re.search(self.slide, place) if self.slide else None
        slide = f"{self.path.resolve()}/{match[0] if match else place}"
        name = place if path == self.path else f"{self.path.name}/{place}"
        return SourceFile(path, name, slide, self.spacing_um)


def require_apart(training: Sequence[Source], held_out: Sequence[Source]) -> None:
    """Raise SettingsError, which names a file, when a slide is both trained on and held out."""
    seen = {slide for source in training for file in source.files() for slide in file.belongs_to}
    for source in held_out:
        for file in source.files():
            if seen.intersection(file.belongs_to):
                raise SettingsError(
                    f"{file.name} is held out, and it, or another file of its slide, is trained "
                    "on; leave it out of one of the two by exclude"
                )
