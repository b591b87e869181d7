"""Images in, images out: pixels are (height, width, 3) uint8, RGB in sRGB, spacing in µm per pixel.

Reading decodes in a child process; importing this package imports no TIFF decoder.
"""

from cyclegan.images.formats import READERS
from cyclegan.images.queued import Queued
from cyclegan.images.reading import open_image
from cyclegan.images.sniff import is_image_folder
from cyclegan.images.tee import Tee
from cyclegan.images.writing import COMPRESSIONS, WRITERS, create_image

__all__ = [
    "COMPRESSIONS",
    "READERS",
    "WRITERS",
    "Queued",
    "Tee",
    "create_image",
    "is_image_folder",
    "open_image",
]
