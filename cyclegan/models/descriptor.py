"""The `rdf.yaml` and the README of a model package, in the BioImage Model Zoo format 0.5.12."""

from __future__ import annotations

from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, WEIGHTS, Details

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
- Patch sizes: multiples of {multiple} px
- Normalisation: each patch brings its own mean and variance. Neighbouring patches therefore differ
  in colour: let them overlap by {halo} px on each side and average the overlaps, or run the whole
  image at once. Tools that paste patches side by side leave visible seams.

## Validation

`{input}` is a made image, `{output}` what the model answered when this package was written; whoever
loads the model can compare.
"""


def readme(details: Details, *, title: str, description: str) -> str:
    """What a person needs to know to use the model, as Markdown."""
    return _README.format(
        title=title,
        description=description,
        architecture=details.architecture,
        spacing="not known" if details.spacing_um is None else f"{details.spacing_um} µm",
        multiple=details.multiple,
        halo=details.halo,
        input=TEST_INPUT,
        output=TEST_OUTPUT,
    )


def descriptor(
    details: Details, *, title: str, description: str, network: str, torch_version: str
) -> dict[str, object]:
    """The content of `rdf.yaml`; `network` is the class in the architecture's source file."""
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
        "config": {"colormapper": details.model_dump()},
    }


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
    # The smallest size must exceed twice the halo; multiples of 16 suit every architecture.
    return {"size": {"min": (2 * details.halo // 16 + 1) * 16, "step": details.multiple}}


def _same(details: Details, axis: str) -> dict[str, object]:
    return {"size": {"tensor_id": "muse", "axis_id": axis}, "halo": details.halo}


def _float32() -> dict[str, object]:
    return {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}


def _linear(*, gain: float, offset: float) -> dict[str, object]:
    """The step `gain * value + offset`."""
    return {"id": "scale_linear", "kwargs": {"gain": gain, "offset": offset}}
