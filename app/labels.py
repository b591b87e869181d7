"""What a client called a file, made safe to show and to offer as a name for saving.

A label is never a name on our disks.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters of a label."""
NAMELESS = "image"

_KINDS = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg"} | dict.fromkeys(
    ("tif", "tiff", "btf", "tf2", "tf8"), "tiff"
)
_IMAGE_SUFFIX = re.compile(rf"(\.ome)?\.({'|'.join(_KINDS)})$", re.IGNORECASE)
_FORBIDDEN = re.compile(r"""["'`<>:|?*%;&#$\\/{}]""")
"""Quotes, and what file systems, shells, headers and HTML give a meaning to."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows takes for devices."""


def safe_label(filename: str | None) -> str:
    """The last part of a client's file name, without what could deceive or do harm.

    Control characters and marks that turn the direction of writing are left out, quotes and
    characters with a meaning elsewhere become `_`, long names are cut before their suffix.
    Never empty; at most 120 characters.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", filename or ""))[-1]
    spaced = "".join(" " if letter.isspace() else letter for letter in last)
    visible = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    plain = _FORBIDDEN.sub("_", " ".join(visible.split())).strip(". ")
    if _DEVICE.match(plain):
        plain = f"_{plain}"
    return _shortened(plain) or NAMELESS


def input_name(label: str, suffix: str) -> str:
    """The name for saving the input, whose content is of the suffix's kind (`.png`)."""
    found = _IMAGE_SUFFIX.search(label)
    if found and _KINDS[found[2].lower()] == _KINDS[suffix[1:]]:
        return label
    return derived_name(label, suffix)


def derived_name(label: str, ending: str) -> str:
    """The name for saving what was made of the input: `kidney.png` gives `kidney-he.tif`."""
    return f"{_IMAGE_SUFFIX.sub('', label) or NAMELESS}{ending}"


def _shortened(label: str) -> str:
    if len(label) <= LONGEST:
        return label
    suffix = re.search(r"(\.[^.]{1,8}){0,2}$", label)
    end = suffix[0] if suffix else ""
    return label[: LONGEST - len(end)].rstrip(". ") + end
