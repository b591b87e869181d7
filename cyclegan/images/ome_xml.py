"""The description of an OME-TIFF: one picture in one page, with smaller levels below it."""

from __future__ import annotations

from xml.etree import ElementTree

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def ome_xml(*, height: int, width: int, spacing_um: float | None, description: str) -> str:
    """The metadata of an RGB image of 8 bits; the spacing is left out when it is unknown."""
    attributes = {
        "xmlns": SCHEMA,
        "xmlns:xsi": INSTANCE,
        "xsi:schemaLocation": f"{SCHEMA} {SCHEMA}/ome.xsd",
        "Creator": "Color Mapper",
    }
    root = ElementTree.Element("OME", attributes)
    image = ElementTree.SubElement(root, "Image", ID="Image:0", Name="Image")
    if description:
        ElementTree.SubElement(image, "Description").text = description
    sides = {"SizeX": str(width), "SizeY": str(height), "SizeC": "3", "SizeZ": "1", "SizeT": "1"}
    pixels = ElementTree.SubElement(
        image,
        "Pixels",
        {"ID": "Pixels:0", "DimensionOrder": "XYCZT", "Type": "uint8"}
        | {"BigEndian": "false", "Interleaved": "true"}
        | sides
        | _physical_size(spacing_um),
    )
    ElementTree.SubElement(pixels, "Channel", ID="Channel:0:0", SamplesPerPixel="3")
    ElementTree.SubElement(pixels, "TiffData", IFD="0", PlaneCount="1")
    return '<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root, "unicode")


def _physical_size(spacing_um: float | None) -> dict[str, str]:
    if spacing_um is None:
        return {}
    size = {f"PhysicalSize{axis}": repr(float(spacing_um)) for axis in "XY"}
    return size | {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
