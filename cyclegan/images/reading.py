"""Opening an image: its bytes tell its kind, and a child process decodes it.

Which files are decoded whole into a spool and which are read by regions is decided where they are
decoded: a raster with levels is read by regions.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from cyclegan.images.image import DecodeLimits, Reader
from cyclegan.images.opening import open_in_child
from cyclegan.images.raster import CROP_IT, check_size
from cyclegan.images.region_reader import RegionReader
from cyclegan.images.scale import choose_level, resized
from cyclegan.images.sniff import kind_of
from cyclegan.images.spacing import require_plausible
from cyclegan.images.spool import SpoolReader, new_spool


def open_image(
    path: Path,
    *,
    limits: DecodeLimits | None = None,
    scratch: Path | None = None,
    spacing_um: float | None = None,
    own_spacing_um: float | None = None,
) -> Reader:
    """The image in a file (or OME-Zarr folder), upright, in sRGB, at about the wanted spacing.

    `spacing_um` is what a model wants: the file's nearest level is read, or the next finer one
    resampled; None, or a file whose spacing nobody knows: the finest level as it is.
    `own_spacing_um` is the file's own, known better than what it says of itself.

    What is decoded whole waits in a file in `scratch`, a folder for `height * width * 3` bytes
    (default: the temporary folder); they are given back by `close` and on any error. May be called
    from several threads at once. Raises UnsupportedFormat, CorruptImage, ImageTooLarge,
    SettingsError for an impossible spacing, and OSError (ENOSPC) when `scratch` is full.
    """
    limits = limits or DecodeLimits()
    for given in (spacing_um, own_spacing_um):
        if given is not None:
            require_plausible(given)
    name = kind_of(path)
    spool = new_spool(scratch or Path(tempfile.gettempdir()))
    with ExitStack() as undo:
        undo.callback(spool.unlink, missing_ok=True)
        reader = open_in_child(
            path, name=name, spool=spool, limits=limits, own_spacing_um=own_spacing_um
        )
        undo.callback(reader.close)
        found = _at_spacing(reader, spacing_um, limits)
        undo.pop_all()
    return found


def _at_spacing(
    reader: SpoolReader | RegionReader, wanted: float | None, limits: DecodeLimits
) -> Reader:
    """The reader, of the level nearest to what is wanted, or resampled to it."""
    if wanted is None:
        return reader
    spacings = [level.spacing_um for level in reader.levels if level.spacing_um]
    if not spacings:
        return reader.at_level(0, _unknown(wanted))
    choice = choose_level(spacings, wanted)
    level = reader.at_level(choice.level, choice.note)
    if choice.ratio == 1:
        return level
    height, width = (resized(n, choice.ratio) for n in (level.info.height, level.info.width))
    check_size(height, width, limits.max_region_pixels, cure=CROP_IT)
    # Brings a library that reading needs for nothing else.
    from cyclegan.images.resample import Resampled

    return Resampled(level, ratio=choice.ratio, spacing_um=wanted)


def _unknown(wanted: float) -> str:
    return (
        f"The pixel size is unknown, so the image was read as it is; the model wants {wanted:.4g} "
        "µm per pixel."
    )
