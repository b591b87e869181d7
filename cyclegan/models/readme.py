"""The README of a model package: what a person needs to know to use the model elsewhere."""

from __future__ import annotations

from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, Details, halo
from cyclegan.models.record import Credit, TrainingRecord
from cyclegan.models.sights import SIGHTS
from cyclegan.models.source import FILE

README = "README.md"

_README = """# {title}

{description}

It translates an RGB image of MUSE (microscopy with ultraviolet surface excitation) into the colours
of haematoxylin and eosin. The result is a virtual stain, not a diagnosis.

- Architecture: `{architecture}`, {width} channels in its first layer
- Pixel size it was made for: {spacing}
- What it sees: {sight}
- Sizes it takes: multiples of {multiple} px
{normalisation}
{training}
## Validation

`{input}` is what the model sees of a made image, `{output}` what it answered when this package was
written; whoever loads the model can compare.
"""

_LIVE = """\
- Normalisation: whatever goes through the network brings its own mean and variance. A tool that
  cuts an image into patches therefore gives patches that differ in colour, and no overlap changes
  that: seams stay visible. Run the whole image at once, or use Color Mapper, which gives all
  patches the same statistics. Measured once for this model and kept in its package
  (`scripts/models.py calibrate`), they make the patches of every tool agree.
- Reach: with statistics that all patches share, a pixel of the result depends on at most {reach} px
  around it. The overlap that the descriptor asks for, {halo} px, is for that case."""

_FIXED = """\
- Normalisation: with fixed mean and variance, {origin}; `{source}` has
  them, so a region looks the same however the image is cut.
- Reach: a pixel of the result depends on at most {reach} px around it. Patches with {halo} px of
  surroundings on each side, whose kept parts begin at multiples of {multiple} px, fit together
  without a seam; edges of a patch must be cut off, except where they are those of the image."""

_TRAINING = """
## Training

{trained_on}

Limits: {limits}
"""


def readme(details: Details, *, title: str, description: str) -> str:
    """The content of the file, Markdown."""
    return _README.format(
        title=title,
        description=description,
        architecture=details.architecture,
        width=details.width,
        spacing="not known" if details.spacing_um is None else f"{details.spacing_um} µm",
        sight=SIGHTS[details.input].sentence,
        multiple=details.multiple,
        normalisation=_normalisation(details),
        training=_training(details.training) if details.training else "",
        input=TEST_INPUT,
        output=TEST_OUTPUT,
    )


def _normalisation(details: Details) -> str:
    numbers = {"reach": details.reach, "halo": halo(details), "multiple": details.multiple}
    kept = details.statistics
    if kept is None:
        return _LIVE.format(**numbers)
    images = "1 image" if len(kept.images) == 1 else f"{len(kept.images)} images"
    origin = f"measured on {images} of {kept.megapixels:.3g} megapixels in all"
    if kept.origin == "training":
        origin = "those that it was trained with"
    return _FIXED.format(origin=origin, source=FILE, **numbers)


def _training(record: TrainingRecord) -> str:
    parts = [_TRAINING.format(trained_on=record.trained_on, limits=record.limits)]
    if record.sources:
        parts.append("\n".join(["Images:", "", *map(_credit, record.sources), ""]))
    if record.scores:
        scores = [f"| {name} | {value:.4g} |" for name, value in record.scores.values.items()]
        table = ["| metric | value |", "|---|---|", *scores]
        parts.append("\n".join([f"Measured on: {record.scores.measured_on}", "", *table, ""]))
    if record.code:
        parts.append(f"Trained by {record.code}; all settings are in the descriptor.\n")
    return "\n".join(parts)


def _credit(source: Credit) -> str:
    said = [f"- {source.title}", source.credit, source.licence, source.url]
    return ", ".join(part for part in said if part)
