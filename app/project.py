"""A project: images that its members see together, whoever sent them; and why one is refused.

ColorMapperError
├── ProjectNotFound   404: it is not there, or whoever asks is not in it
├── ProjectUnusable   422: images cannot be put into it, for the same reason
├── ProjectArchived   422: it takes no more images
├── ProjectRefused    409: its owner would be gone, or could not manage it
└── BadProjectName    422
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cyclegan.errors import ColorMapperError

NAME_LENGTH = 80


class ProjectNotFound(ColorMapperError):  # noqa: N818 - reads as a sentence where it is caught
    """There is no project of that id, or none of whoever asks (404)."""

    def __init__(self) -> None:
        super().__init__("there is no such project, or you are not in it (any more)")


class ProjectUnusable(ColorMapperError):  # noqa: N818
    """Images are to go into a project that is not there for who sends them (422)."""

    def __init__(self) -> None:
        super().__init__(
            "there is no such project, or you are not in it (any more); choose another one, or none"
        )


class ProjectArchived(ColorMapperError):  # noqa: N818
    """The project takes no more images (422)."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is archived and takes no more images; choose another project, or have its "
            "owner open it again"
        )


class ProjectRefused(ColorMapperError):  # noqa: N818
    """What is asked for would leave the project without somebody to manage it (409)."""


class BadProjectName(ColorMapperError):  # noqa: N818
    """A name that projects cannot have (422)."""


@dataclass(frozen=True)
class Project:
    """A project as it stands in the database."""

    id: str
    """Unguessable, and yet it opens nothing to those who are not in it."""
    name: str
    owner: int
    """Number of the account that manages it; always that of a member."""
    is_archived: bool
    """Whether it takes no more images."""
    created: datetime
    """UTC"""


@dataclass(frozen=True)
class Tally:
    """How much there is of a project."""

    members: int = 0
    images: int = 0
    unreviewed: int = 0
    """Results that have no verdict."""


def checked_project_name(name: str) -> str:
    """A name as it is kept, each gap one space; raises BadProjectName where it cannot be one."""
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    is_visible = all(unicodedata.category(letter)[0] != "C" for letter in kept)
    if not is_visible or not 1 <= len(kept) <= NAME_LENGTH:
        raise BadProjectName(
            f"{name[:NAME_LENGTH]!r} cannot be the name of a project; take 1 to {NAME_LENGTH} "
            "visible characters"
        )
    return kept
