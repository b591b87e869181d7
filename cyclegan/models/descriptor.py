"""The `rdf.yaml` of a model package, in the BioImage Model Zoo format 0.5.12."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cyclegan.models.card import TEST_INPUT, TEST_OUTPUT, TORCH_WEIGHTS, Details, halo, overlap
from cyclegan.models.readme import README
from cyclegan.models.sights import SIGHTS
from cyclegan.models.source import FILE

Content = dict[str, Any]
"""The keys and values of a descriptor."""

FORMAT_VERSION = "0.5.12"
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
    "unet": {
        "text": "Ronneberger, Fischer, Brox: U-Net: Convolutional networks for biomedical image "
        "segmentation. MICCAI 2015.",
        "doi": "10.1007/978-3-319-24574-4_28",
    },
}


def smallest_size(reach: int | None, multiple: int) -> int:
    """Height and width in px of the smallest image that the descriptor allows, and of its example.

    It has pixels left within the overlap on both sides; multiples of 16 suit every architecture.
    """
    return (2 * overlap(reach or 0, multiple) // 16 + 1) * 16


def descriptor(
    details: Details,
    *,
    title: str,
    description: str,
    network: str,
    torch_version: str,
    torch_sha256: str,
) -> Content:
    """The content of `rdf.yaml`; `network` is the class in the package's `generator.py`.

    `torch_sha256` is that of `weights.pt`, in hexadecimal.
    """
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
                "source": TORCH_WEIGHTS,
                "sha256": torch_sha256,
                "pytorch_version": torch_version,
                "architecture": {
                    "source": FILE,
                    "callable": network,
                    "kwargs": {"width": details.width},
                },
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


# Functions, not constants: the same dict in two places would become a YAML alias.


def _input(details: Details) -> dict[str, object]:
    return {
        "id": "muse",
        "description": SIGHTS[details.input].sentence,
        "axes": [
            *_first_axes(SIGHTS[details.input].channels),
            *(_space(details, axis, **_sizes(details)) for axis in "yx"),
        ],
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
        "axes": [
            *_first_axes(("red", "green", "blue")),
            *(_space(details, axis, **_same(details, axis)) for axis in "yx"),
        ],
        "test_tensor": {"source": TEST_OUTPUT},
        "data": {"type": "float32", "range": [0.0, 255.0]},
        "postprocessing": [_linear(gain=127.5, offset=127.5), _float32()],
    }


def _first_axes(channels: Sequence[str]) -> list[dict[str, object]]:
    return [{"type": "batch"}, {"type": "channel", "channel_names": list(channels)}]


def _space(details: Details, axis: str, **fields: object) -> dict[str, object]:
    known = {"unit": "micrometer", "scale": details.spacing_um} if details.spacing_um else {}
    return {"type": "space", "id": axis, **known, **fields}


def _sizes(details: Details) -> dict[str, object]:
    return {
        "size": {"min": smallest_size(details.reach, details.multiple), "step": details.multiple}
    }


def _same(details: Details, axis: str) -> dict[str, object]:
    return {"size": {"tensor_id": "muse", "axis_id": axis}, "halo": halo(details)}


def _float32() -> dict[str, object]:
    return {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}


def _linear(*, gain: float, offset: float) -> dict[str, object]:
    """The step `gain * value + offset`."""
    return {"id": "scale_linear", "kwargs": {"gain": gain, "offset": offset}}
