"""What a TIFF says about its pixels' size: OME metadata, vendors, then the resolution."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tifffile import TiffPage

from cyclegan.images.spacing import UM_PER, Spacing, from_density

X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
UNITS = {2: "inch", 3: "cm"}
APERIO = re.compile(r"\bMPP\s*=\s*([0-9.]+)")
IMAGEJ_UNIT = re.compile(r"^unit=(.+)$", re.MULTILINE)


def stated_spacings(page: TiffPage) -> tuple[Spacing, ...]:
    """All statements of a page, the most trustworthy first."""
    text = page.description
    return (*_ome(text), *_aperio(text), *_imagej(page, text), *_resolution(page))


def _ome(text: str) -> tuple[Spacing, ...]:
    if "<OME" not in text[:4096]:
        return ()
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314 - in a child with limits, like all decoding
    except ElementTree.ParseError:
        return ()
    for element in tree.iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            y, x = _physical(element, "Y"), _physical(element, "X")
            return (Spacing(y, x, "OME metadata"),) if y and x else ()
    return ()


def _physical(element: ElementTree.Element, axis: str) -> float:
    """µm per pixel along an axis; 0 when unknown."""
    unit = element.get(f"PhysicalSize{axis}Unit", "µm")
    try:
        return max(0.0, float(element.get(f"PhysicalSize{axis}", "0")) * UM_PER.get(unit, 0))
    except ValueError:
        return 0.0


def _aperio(text: str) -> tuple[Spacing, ...]:
    found = APERIO.search(text) if text.startswith("Aperio") else None
    try:
        size = float(found[1]) if found else 0.0
    except ValueError:
        return ()
    return (Spacing(size, size, "Aperio's MPP"),) if size > 0 else ()


def _imagej(page: TiffPage, text: str) -> tuple[Spacing, ...]:
    """ImageJ writes pixels per unit into the resolution, and the unit's name into the text."""
    found = IMAGEJ_UNIT.search(text) if text.startswith("ImageJ=") else None
    if not found:
        return ()
    unit = found[1].strip().replace("\\u00B5", "µ")
    y, x = _ratio(page, Y_RESOLUTION), _ratio(page, X_RESOLUTION)
    return from_density(y, x, unit=unit, source="ImageJ's scale")


def _resolution(page: TiffPage) -> tuple[Spacing, ...]:
    unit = UNITS.get(page.tags.valueof(RESOLUTION_UNIT, 2), "")
    y, x = _ratio(page, Y_RESOLUTION), _ratio(page, X_RESOLUTION)
    return from_density(y, x, unit=unit, source="TIFF resolution")


def _ratio(page: TiffPage, tag: int) -> float:
    """The value of a rational tag; 0 when absent or meaningless."""
    value = page.tags.valueof(tag)
    if not (isinstance(value, tuple) and len(value) == 2 and value[1]):
        return 0.0
    return float(value[0]) / float(value[1])
