"""Which kinds of image are read, and by which module; no decoder is imported here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageFormat:
    """One kind of image that is read."""

    title: str
    """Its name for a person."""
    suffixes: tuple[str, ...]
    """Usual endings of file names; for lists and file choosers, never for deciding the format."""
    media_type: str
    """The MIME type."""
    decoder: str
    """The module whose `decode` follows `raster.Decode`; imported in the decoding child only."""


READERS: dict[str, ImageFormat] = {
    "png": ImageFormat("PNG", (".png",), "image/png", "cyclegan.images.png"),
    "jpeg": ImageFormat("JPEG", (".jpg", ".jpeg"), "image/jpeg", "cyclegan.images.jpeg"),
    "tiff": ImageFormat(
        "TIFF, BigTIFF, OME-TIFF",
        (".tif", ".tiff", ".ome.tif", ".ome.tiff", ".btf", ".svs", ".ndpi"),
        "image/tiff",
        "cyclegan.images.tiff",
    ),
}
