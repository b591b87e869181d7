"""What a review is: what somebody thinks of a result, and where on it; frozen values.

Positions are px of the result at full size, from its upper left corner. Nothing here knows of the
database or of requests; these models are also the schemas of the API.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Verdict = Literal["accept", "reject", "unsure"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

REASONS: dict[str, str] = {
    "blurred": "Input is blurred",
    "saturated": "Input is too bright or too dark",
    "not-muse": "Not a MUSE image",
    "nuclei-lost": "Nuclei are lost",
    "nuclei-invented": "Nuclei are invented",
    "colours-wrong": "Colours are wrong",
    "seams": "Seams or stripes",
    "background": "Background is stained",
    "artefact": "Dirt, folds or bubbles",
}
"""The usual reasons, by their keys; any other words do, too."""

MOST_REGIONS = 200
MOST_POINTS = 2000
"""Corners of one polygon."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
    ),
]
Position = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Point(_Value):
    """A corner of a polygon."""

    y: Position = Field(description="px from the upper edge of the result.")
    x: Position = Field(description="px from its left edge.")


class Rectangle(_Value):
    """An upright rectangle."""

    kind: Literal["rectangle"]
    y: Position = Field(description="px from the upper edge of the result.")
    x: Position = Field(description="px from its left edge.")
    height: Length = Field(description="px")
    width: Length = Field(description="px")

    @property
    def corners(self) -> list[tuple[float, float]]:
        """(y, x) of its corners, clockwise as seen from the upper left one."""
        bottom, right = self.y + self.height, self.x + self.width
        return [(self.y, self.x), (self.y, right), (bottom, right), (bottom, self.x)]


class Polygon(_Value):
    """A polygon, whose last corner is joined with its first."""

    kind: Literal["polygon"]
    points: tuple[Point, ...] = Field(min_length=3, max_length=MOST_POINTS)

    @property
    def corners(self) -> list[tuple[float, float]]:
        """(y, x) of its corners, in their order."""
        return [(point.y, point.x) for point in self.points]


Shape = Annotated[Rectangle | Polygon, Field(discriminator="kind")]


class Region(_Value):
    """A part of a result, and what is the matter with it."""

    id: UUID = Field(default_factory=uuid4, description="Stays the same as a region is changed.")
    shape: Shape
    verdict: Verdict = "reject"
    label: Line = Field("", description="In a word or two: one of the reasons, or any other.")
    comment: Text = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its upper, left, lower and right edge in px."""
        rows, columns = zip(*self.shape.corners, strict=True)
        return min(rows), min(columns), max(rows), max(columns)


class Opinion(_Value):
    """What a reviewer says of a result."""

    verdict: Verdict | None = Field(None, description="Null takes an earlier verdict back.")
    reason: Line = Field("", description=f"One of {', '.join(REASONS)}, or any other words.")
    note: Text = ""
    tissue: Line = Field("", description="What the image shows, such as `kidney`.")
    regions: tuple[Region, ...] = Field((), max_length=MOST_REGIONS)

    @model_validator(mode="after")
    def _each_region_once(self) -> Self:
        if len({region.id for region in self.regions}) < len(self.regions):
            raise ValueError("two regions have the same id; give each its own, or none")
        return self

    def stored(self) -> dict[str, Any]:
        """Its values as a row of the table holds them."""
        return self.model_dump(mode="json")


class Review(Opinion):
    """An opinion as it was written down; it never changes, a later one follows it."""

    job: str = Field(description="Id of the job whose result it is about.")
    version: int = Field(description="1 for a result's first review, and one more for each later.")
    reviewer: str = Field(description="Who said so.")
    created: datetime
