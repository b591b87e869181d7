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
    is_one_file: bool = True
    """Whether one file is the whole image, so that it can be sent over the web."""


READERS: dict[str, ImageFormat] = {
    "png": ImageFormat("PNG", (".png",), "image/png", "cyclegan.images.png"),
    "jpeg": ImageFormat("JPEG", (".jpg", ".jpeg"), "image/jpeg", "cyclegan.images.jpeg"),
    "tiff": ImageFormat(
        "TIFF, BigTIFF, OME-TIFF",
        (".tif", ".tiff", ".ome.tif", ".ome.tiff", ".btf", ".svs", ".ndpi", ".scn", ".bif"),
        "image/tiff",
        "cyclegan.images.tiff",
    ),
    "slide": ImageFormat(
        "MRXS, VMS, DICOM",
        (".mrxs", ".vms", ".vmu", ".svslide", ".dcm"),
        "application/octet-stream",
        "cyclegan.images.slide",
        is_one_file=False,
    ),
    "ome-zarr": ImageFormat(
        "OME-Zarr",
        (".zarr",),
        "application/vnd+zarr",
        "cyclegan.images.ome_zarr",
        is_one_file=False,
    ),
}
