"""The metadata of an OME-Zarr image, after version 0.5 of its specification (NGFF)."""

from __future__ import annotations

VERSION = "0.5"
AXES = ("c", "y", "x")
"""Order of the axes of every level: colour, then place."""
COLOURS = {"Red": "FF0000", "Green": "00FF00", "Blue": "0000FF"}


def level_name(level: int) -> str:
    """The name of a level's array in the group; 0 is the largest."""
    return f"s{level}"


def image_metadata(levels: int, *, spacing_um: float | None) -> dict[str, object]:
    """What belongs under `ome` in the attributes of an RGB image of so many levels.

    Without a spacing the axes have no unit, and their scale counts pixels of the largest level.
    """
    unit = {"unit": "micrometer"} if spacing_um else {}
    multiscale = {
        "name": "image",
        "axes": [
            {"name": "c", "type": "channel"},
            {"name": "y", "type": "space", **unit},
            {"name": "x", "type": "space", **unit},
        ],
        "datasets": [_dataset(level, spacing_um or 1.0) for level in range(levels)],
        "type": "mean of 2 x 2 px",
    }
    return {"version": VERSION, "multiscales": [multiscale], "omero": _display()}


def _dataset(level: int, spacing: float) -> dict[str, object]:
    side = spacing * 2**level
    scale = {"type": "scale", "scale": [1.0, side, side]}
    return {"path": level_name(level), "coordinateTransformations": [scale]}


def _display() -> dict[str, object]:
    """Tells viewers that the three channels are the colours of one picture."""
    window = {"start": 0, "end": 255, "min": 0, "max": 255}
    return {
        "channels": [
            {"label": label, "color": colour, "active": True, "window": window}
            for label, colour in COLOURS.items()
        ],
        "rdefs": {"model": "color"},
    }
