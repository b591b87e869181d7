"""A program that gives a package to bioimageio.core, the Model Zoo's own library.

    python zoo.py test FOLDER          runs its tests of a package; prints how it ends
    python zoo.py blocks FOLDER SIZE   translates an image of SIZE x SIZE px in blocks of that size
                                       and as a whole; prints the largest difference in grey levels

A block of 4 times the overlap keeps half of it, so that an image of that size takes four. This is a
process of its own, because the library warns and logs, and waits for ever in some cases.
"""

import sys
from pathlib import Path

import numpy as np
from bioimageio.core import load_model_description, predict, test_model
from bioimageio.spec.model.v0_5 import AxisId, TensorId
from numpy.typing import NDArray


def test(folder: Path) -> str:
    """`passed`, or else where the library ends."""
    return str(test_model(folder / "rdf.yaml", weight_format="pytorch_state_dict").status)


def blocks(folder: Path, size: int) -> float:
    """The largest difference, in grey levels, on the package's test image, made larger."""
    model = load_model_description(folder / "rdf.yaml", perform_io_checks=False)
    image = np.load(folder / "test-input.npy")
    missing = size - image.shape[2]
    image = np.pad(image, ((0, 0), (0, 0), (0, missing), (0, missing)), mode="reflect")
    # Half of it is dark, so that the blocks differ in their statistics.
    image[:, :, size // 2 :] //= 4

    def translated(shape: dict[AxisId, int] | None) -> NDArray[np.float32]:
        cut = None if shape is None else {TensorId("muse"): shape}
        answer = predict(model=model, inputs={"muse": image}, input_block_shape=cut)
        return np.asarray(answer.members[TensorId("he")].data)

    whole = translated(None)
    shape = {"batch": 1, "channel": 3, "y": size, "x": size}
    parts = translated({AxisId(axis): length for axis, length in shape.items()})
    return float(np.abs(parts - whole).max())


if __name__ == "__main__":
    command, package, *rest = sys.argv[1:]
    answer = test(Path(package)) if command == "test" else blocks(Path(package), int(rest[0]))
    print(answer)  # noqa: T201
