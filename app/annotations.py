"""Reviews in the forms of other programs: W3C Web Annotations, and GeoJSON as QuPath reads it.

Both have x before y, in px of the result at full size. Pure functions of values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.documents import instant
from app.review import REASONS, Polygon, Region, Review, Shape, Verdict

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_FRAGMENTS = "http://www.w3.org/TR/media-frags/"
ANNOTATIONS_TYPE = f'application/ld+json; profile="{CONTEXT}"'
GEOJSON_TYPE = "application/geo+json"

CLASSES: dict[Verdict, tuple[str, tuple[int, int, int]]] = {
    "accept": ("Accepted", (28, 160, 90)),
    "reject": ("Rejected", (214, 48, 88)),
    "unsure": ("Unsure", (230, 160, 30)),
}
"""What QuPath calls a region of that verdict, and the colour (RGB) that it has there."""


def words(label: str) -> str:
    """A reason or label for people: that of its key, or as it was written."""
    return REASONS.get(label, label)


def annotation_page(review: Review | None, *, address: str, image: str) -> dict[str, Any]:
    """The review that counts as a W3C AnnotationPage: first on the result, then on its regions.

    `address` is where the page is found and `image` what it is about, both absolute URLs.
    """
    items = list(_annotations(review, address, image)) if review and review.verdict else []
    return {"@context": CONTEXT, "id": address, "type": "AnnotationPage", "items": items}


def geojson(review: Review | None) -> dict[str, Any]:
    """The regions of the review that counts as a FeatureCollection of QuPath's annotations."""
    regions = review.regions if review and review.verdict else ()
    return {"type": "FeatureCollection", "features": [_feature(region) for region in regions]}


def _annotations(review: Review, address: str, image: str) -> Iterator[dict[str, Any]]:
    told = {
        "type": "Annotation",
        "motivation": "assessing",
        "created": instant(review.created),
        "creator": {"type": "Person", "nickname": review.reviewer},
    }
    said = _bodies(review.verdict, review.reason, review.note)
    if review.tissue:
        said.append(_body("describing", review.tissue))
    yield {"id": f"{address}#review-{review.version}", **told, "body": said, "target": image}
    for region in review.regions:
        yield {
            "id": f"{address}#{region.id}",
            **told,
            "body": _bodies(region.verdict, region.label, region.comment),
            "target": {"source": image, "selector": _selector(region.shape)},
        }


def _bodies(verdict: Verdict | None, label: str, comment: str) -> list[dict[str, str]]:
    said = {"assessing": verdict or "", "tagging": words(label), "commenting": comment}
    return [_body(purpose, value) for purpose, value in said.items() if value]


def _body(purpose: str, value: str) -> dict[str, str]:
    return {"type": "TextualBody", "purpose": purpose, "value": value}


def _selector(shape: Shape) -> dict[str, str]:
    if isinstance(shape, Polygon):
        points = " ".join(f"{_px(x)},{_px(y)}" for y, x in shape.corners)
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><polygon points="{points}"/></svg>'
        return {"type": "SvgSelector", "value": svg}
    place = ",".join(map(_px, (shape.x, shape.y, shape.width, shape.height)))
    value = f"xywh=pixel:{place}"
    return {"type": "FragmentSelector", "conformsTo": MEDIA_FRAGMENTS, "value": value}


def _px(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _feature(region: Region) -> dict[str, Any]:
    name, colour = CLASSES[region.verdict]
    properties: dict[str, Any] = {
        "objectType": "annotation",
        "classification": {"name": name, "color": list(colour)},
    }
    if region.label:
        properties["name"] = words(region.label)
    if region.comment:
        # Where QuPath keeps the description of an annotation.
        properties["metadata"] = {"ANNOTATION_DESCRIPTION": region.comment}
    return {
        "type": "Feature",
        "id": str(region.id),
        "geometry": {"type": "Polygon", "coordinates": [_ring(region.shape.corners)]},
        "properties": properties,
    }


def _ring(corners: list[tuple[float, float]]) -> list[list[float]]:
    """The closed ring of x and y, turning as RFC 7946 wants it."""
    following = [*corners[1:], corners[0]]
    twice_area = sum(
        x * next_y - next_x * y for (y, x), (next_y, next_x) in zip(corners, following, strict=True)
    )
    turned = corners if twice_area >= 0 else corners[::-1]
    ring = [[x, y] for y, x in turned]
    return [*ring, ring[0]]
