"""A program that has bioimageio.core translate an image in blocks.

    python bioimage_blocks.py FOLDER HALO BLOCK

FOLDER holds the network as TorchScript, `network.pt`, and `image.npy`, (1, 3, height, width)
float32; the answer of the same shape goes to `answer.npy`. A process of its own, because the
library warns, logs and may hang.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from bioimageio.core import predict
from bioimageio.spec import save_bioimageio_package
from bioimageio.spec.common import FileDescr, HttpUrl
from bioimageio.spec.model.v0_5 import (
    Author,
    AxisId,
    BatchAxis,
    ChannelAxis,
    CiteEntry,
    Identifier,
    InputTensorDescr,
    IntervalOrRatioDataDescr,
    LicenseId,
    ModelDescr,
    OutputTensorDescr,
    ParameterizedSize,
    SizeReference,
    SpaceInputAxis,
    SpaceOutputAxisWithHalo,
    TensorId,
    TorchscriptWeightsDescr,
    Version,
    WeightsDescr,
)

STEP = 16
CHANNELS = ChannelAxis(channel_names=[Identifier(name) for name in ("red", "green", "blue")])
RANGE = IntervalOrRatioDataDescr(type="float32", range=(-1, 1))


def described(folder: Path, *, halo: int) -> ModelDescr:
    """The network as the zoo wants it told, with a halo."""
    least = -(-(2 * halo + 1) // STEP) * STEP
    example = torch.rand(1, 3, least, least)
    np.save(folder / "in.npy", example.numpy())
    network = torch.jit.load(folder / "network.pt")  # type: ignore[no-untyped-call]
    np.save(folder / "out.npy", network(example).numpy())
    size = ParameterizedSize(min=least, step=STEP)
    muse = InputTensorDescr(
        id=TensorId("muse"),
        axes=[BatchAxis(), CHANNELS]
        + [SpaceInputAxis(id=AxisId(axis), size=size) for axis in ("y", "x")],
        test_tensor=FileDescr(source=folder / "in.npy"),
        data=RANGE,
    )

    def out_axis(axis: str) -> SpaceOutputAxisWithHalo:
        reference = SizeReference(tensor_id=TensorId("muse"), axis_id=AxisId(axis))
        return SpaceOutputAxisWithHalo(id=AxisId(axis), size=reference, halo=halo)

    he = OutputTensorDescr(
        id=TensorId("he"),
        axes=[BatchAxis(), CHANNELS, out_axis("y"), out_axis("x")],
        test_tensor=FileDescr(source=folder / "out.npy"),
        data=RANGE,
    )
    weights = TorchscriptWeightsDescr(
        source=folder / "network.pt", pytorch_version=Version(torch.__version__.split("+")[0])
    )
    return ModelDescr(
        name="a network without norm layers",
        inputs=[muse],
        outputs=[he],
        weights=WeightsDescr(torchscript=weights),
        license=LicenseId("MIT"),
        authors=[Author(name="Nobody")],
        cite=[CiteEntry(text="nothing", url=HttpUrl("https://example.org"))],
    )


def main(folder: Path, halo: int, block: int) -> None:
    """Translate the image."""
    package = folder / "package.zip"
    save_bioimageio_package(described(folder, halo=halo), output_path=package)
    image = np.load(folder / "image.npy")
    sizes = {"batch": 1, "channel": 3, "y": block, "x": block}
    shape = {TensorId("muse"): {AxisId(axis): size for axis, size in sizes.items()}}
    answer = predict(model=package, inputs={"muse": image}, input_block_shape=shape)
    np.save(folder / "answer.npy", answer.members[TensorId("he")].data.to_numpy())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
