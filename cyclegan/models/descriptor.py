"""The `rdf.yaml` and the README of a model package, in the BioImage Model Zoo format 0.5.12."""

from __future__ import annotations

from typing import Any

from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, WEIGHTS, Details, overlap

Content = dict[str, Any]
"""The keys and values of a descriptor."""

FORMAT_VERSION = "0.5.12"
ARCHITECTURE_SOURCE = "generator.py"
README = "README.md"
COVER = "cover.png"

CITATIONS = {
    "ganilla": {
        "text": "Hicsonmez, Samet, Akbas, Duygulu: GANILLA: Generative adversarial networks for "
        "image to illustration translation. Image and Vision Computing 95, 2020.",
        "doi": "10.1016/j.imavis.2020.103886",
    },
    "resnet_9blocks": {
        "text": "Zhu, Park, Isola, Efros: Unpaired image-to-image translation using "
        "cycle-consistent adversarial networks. ICCV 2017.",
        "doi": "10.1109/ICCV.2017.244",
    },
}

_README = """# {title}

{description}

It translates an RGB image of MUSE (microscopy with ultraviolet surface excitation) into the colours
of haematoxylin and eosin. The result is a virtual stain, not a diagnosis.

- Architecture: `{architecture}`
- Pixel size it was made for: {spacing}
- Sizes it takes: multiples of {multiple} px
{normalisation}

## Validation

`{input}` is a made image, `{output}` what the model answered when this package was
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
- Normalisation: with fixed mean and variance, measured on {images} of {megapixels:.3g} megapixels
  in all; `{source}` has them, so a region looks the same however the image is cut.
- Reach: a pixel of the result depends on at most {reach} px around it. Patches with {halo} px of
  surroundings on each side, whose kept parts begin at multiples of {multiple} px, fit together
  without a seam; edges of a patch must be cut off, except where they are those of the image."""


def readme(details: Details, *, title: str, description: str) -> str:
    """What a person needs to know to use the model, as Markdown."""
    return _README.format(
        title=title,
        description=description,
        architecture=details.architecture,
        spacing="not known" if details.spacing_um is None else f"{details.spacing_um} µm",
        multiple=details.multiple,
        normalisation=_normalisation(details),
        input=TEST_INPUT,
        output=TEST_OUTPUT,
    )


def smallest_size(details: Details) -> int:
    """Height and width in px of the smallest image that the descriptor allows, and of its example.

    It has pixels left within the overlap on both sides; multiples of 16 suit every architecture.
    """
    return (2 * _halo(details) // 16 + 1) * 16


def descriptor(
    details: Details, *, title: str, description: str, network: str, torch_version: str
) -> Content:
    """The content of `rdf.yaml`; `network` is the class in the file `ARCHITECTURE_SOURCE`."""
    return {
        "format_version": FORMAT_VERSION,
        "type": "model",
        "name": title,
        "description": description,
        "documentation": {"source": README},
        "covers": [{"source": COVER}],
        "tags": ["muse", "he", "virtual-staining", "image-to-image", "cyclegan", "histology", "2d"],
        "cite": [CITATIONS[details.architecture]],
        "inputs": [_input(details)],
        "outputs": [_output(details)],
        "weights": {
            "pytorch_state_dict": {
                "source": WEIGHTS,
                "sha256": details.weights_sha256,
                "pytorch_version": torch_version,
                "architecture": {"source": ARCHITECTURE_SOURCE, "callable": network},
            }
        },
        "config": {"colormapper": details.model_dump(mode="json")},
    }


def renewed(earlier: Content, new: Content) -> Content:
    """An earlier descriptor of a package with all of a new one that follows from its network.

    What a person may have written or added stays: names, authors, licence, other sections.
    """
    made = {key: new[key] for key in ("format_version", "inputs", "outputs", "weights")}
    return {**earlier, **made, "config": {**earlier["config"], **new["config"]}}


def _normalisation(details: Details) -> str:
    numbers = {"reach": details.reach, "halo": _halo(details), "multiple": details.multiple}
    kept = details.statistics
    if kept is None:
        return _LIVE.format(**numbers)
    images = "1 image" if len(kept.images) == 1 else f"{len(kept.images)} images"
    return _FIXED.format(
        images=images, megapixels=kept.megapixels, source=ARCHITECTURE_SOURCE, **numbers
    )


# Functions, not constants: the same dict in two places would become a YAML alias.


def _input(details: Details) -> dict[str, object]:
    return {
        "id": "muse",
        "description": "RGB, 0..255",
        "axes": [*_first_axes(), *(_space(details, axis, **_sizes(details)) for axis in "yx")],
        "test_tensor": {"source": TEST_INPUT},
        "data": {"type": "uint8", "range": [0, 255]},
        "preprocessing": [
            _float32(),
            _linear(gain=1 / 127.5, offset=-1.0),
            _float32(),  # without it the values would be cast back to the type of the input
        ],
    }


def _output(details: Details) -> dict[str, object]:
    return {
        "id": "he",
        "description": "RGB, 0..255",
        "axes": [*_first_axes(), *(_space(details, axis, **_same(details, axis)) for axis in "yx")],
        "test_tensor": {"source": TEST_OUTPUT},
        "data": {"type": "float32", "range": [0.0, 255.0]},
        "postprocessing": [_linear(gain=127.5, offset=127.5), _float32()],
    }


def _first_axes() -> list[dict[str, object]]:
    channels = ["red", "green", "blue"]
    return [{"type": "batch"}, {"type": "channel", "channel_names": channels}]


def _space(details: Details, axis: str, **fields: object) -> dict[str, object]:
    known = {"unit": "micrometer", "scale": details.spacing_um} if details.spacing_um else {}
    return {"type": "space", "id": axis, **known, **fields}


def _sizes(details: Details) -> dict[str, object]:
    return {"size": {"min": smallest_size(details), "step": details.multiple}}


def _same(details: Details, axis: str) -> dict[str, object]:
    return {"size": {"tensor_id": "muse", "axis_id": axis}, "halo": _halo(details)}


def _halo(details: Details) -> int:
    return overlap(details.reach or 0, details.multiple)


def _float32() -> dict[str, object]:
    return {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}


def _linear(*, gain: float, offset: float) -> dict[str, object]:
    """The step `gain * value + offset`."""
    return {"id": "scale_linear", "kwargs": {"gain": gain, "offset": offset}}
