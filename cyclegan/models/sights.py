"""What the views of `INPUTS` show a network, in the words of a package's descriptor and README."""

from __future__ import annotations

from dataclasses import dataclass

_COLOURS = ("red", "green", "blue")
_GREY = ("grey", "grey_again", "grey_once_more")  # the Model Zoo wants names that differ


@dataclass(frozen=True)
class Sight:
    """One view."""

    sentence: str
    """What the three channels are, in at most 128 letters, without a full stop."""
    channels: tuple[str, str, str]
    """Their names, as the Model Zoo wants them: no spaces."""


SIGHTS: dict[str, Sight] = {
    "rgb": Sight("the image itself, RGB", _COLOURS),
    "invert-rgb": Sight("255 less every value of the image, RGB", _COLOURS),
    "invert-luminance": Sight("the image with its CIE lightness turned over, RGB", _COLOURS),
    "grey": Sight("the luma of ITU-R BT.601 in all three channels", _GREY),
    "invert-grey": Sight("255 less the luma of ITU-R BT.601 in all three channels", _GREY),
    "dyes": Sight(
        "nuclear dye, counterstain and brightness, as Color Mapper fits them on the whole image",
        ("nuclear_dye", "counterstain", "brightness"),
    ),
}
"""By the key of `INPUTS`; another program must make the same of an image beforehand."""
