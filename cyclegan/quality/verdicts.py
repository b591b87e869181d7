"""What is said of a whole image in a sentence: that it is not what a translation is made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["warning", "note"]


@dataclass(frozen=True)
class Verdict:
    """Something that a person should know of an image before trusting its translation."""

    code: str
    """A word for programs, a key of `SENTENCES`."""
    severity: Severity
    """A warning says that the result is probably of no use, a note that parts of it may not be."""
    sentence: str
    """For people: what was met, and what to do."""

    def as_json(self) -> dict[str, str]:
        """The three as plain values."""
        return asdict(self)


SENTENCES: Mapping[str, tuple[Severity, str]] = {
    "already_he": (
        "warning",
        "This already looks like H&E: pink and purple tissue seen against white light. A "
        "translation is made for fluorescence and means nothing here; send the MUSE image.",
    ),
    "bright_field": (
        "warning",
        "This does not look like MUSE: it is bright where nothing is stained, as in a bright-field "
        "microscope. A translation is made for fluorescence and means nothing here.",
    ),
    "one_channel": (
        "warning",
        "This does not look like MUSE: the image has one channel only, and a translation needs the "
        "colours of two dyes. Send the colour image, or both channels in one.",
    ),
    "blank": (
        "warning",
        "There is nothing to be seen in this image: it is nearly one colour. Look whether it was "
        "saved with the right brightness.",
    ),
    "little_tissue": (
        "note",
        "There is hardly any tissue in this image: what is found of colours and nuclei rests on "
        "little.",
    ),
    "mostly_blurred": (
        "warning",
        "Most of this image is out of focus. Nuclei of the result are guessed there; take the "
        "image again if you can.",
    ),
    "partly_blurred": (
        "note",
        "Parts of this image are out of focus; nuclei of the result are guessed there.",
    ),
    "mostly_saturated": (
        "warning",
        "Most of this image is overexposed: what is brighter than the camera can tell is lost. "
        "Take the image again with less light or a shorter exposure.",
    ),
    "partly_saturated": (
        "note",
        "Parts of this image are overexposed; what is brighter than the camera can tell is lost.",
    ),
    "unfamiliar_colours": (
        "warning",
        "Much of this image has colours that the model hardly met in training, and what it makes "
        "of them is a guess. Look whether the image shows two dyes in their own colours, or choose "
        "another model.",
    ),
    "not_found_again": (
        "warning",
        "Much of the result, turned back, does not give the image again: something was lost, "
        "invented or changed. Compare the two before trusting it.",
    ),
    "invented_nuclei": (
        "warning",
        "The result shows many nuclei that are not found in the image. Compare the two before "
        "trusting it.",
    ),
    "lost_nuclei": (
        "warning",
        "Many nuclei of the image are not found in the result. Compare the two before trusting it.",
    ),
}
"""By code: how much it matters, and what is said."""


def verdict(code: str) -> Verdict:
    """The verdict of that code."""
    severity, sentence = SENTENCES[code]
    return Verdict(code, severity, sentence)
