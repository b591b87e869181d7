"""The import of checkpoints of the public projects."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cyclegan.errors import ModelError
from cyclegan.models.checkpoint import LARGEST_FILE, import_checkpoint, load_checkpoint
from tests.cyclegan.generators import random_generator

State = dict[str, Tensor]


@pytest.fixture
def state(checkpoint: Path) -> State:
    weights: State = torch.load(checkpoint, weights_only=True)
    return weights


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., State]:
    """Saves an object and loads it as a checkpoint."""

    def call(content: object, architecture: str = "ganilla", **options: bool) -> State:
        path = tmp_path / "given.pth"
        torch.save(content, path, **options)
        return load_checkpoint(path, architecture=architecture).state_dict()

    return call


def assert_same(met: State, wanted: State) -> None:
    assert met.keys() == wanted.keys()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("architecture", ["ganilla", "resnet_9blocks"])
@pytest.mark.parametrize("is_zip", [True, False])
def test_weights_come_in_bit_for_bit_from_both_formats(
    load: Callable[..., State], architecture: str, is_zip: bool
) -> None:
    wanted = random_generator(architecture).state_dict()
    assert_same(load(wanted, architecture, _use_new_zipfile_serialization=is_zip), wanted)


def test_the_prefix_of_parallel_training_is_dropped(
    load: Callable[..., State], state: State
) -> None:
    assert_same(load({f"module.{name}": value for name, value in state.items()}), state)


def test_statistics_of_old_norm_layers_are_dropped(
    load: Callable[..., State], state: State
) -> None:
    old = {
        "bn1.running_mean": torch.zeros(64),
        "layer1.0.in1.running_var": torch.ones(64),
        "bn1.num_batches_tracked": torch.tensor(7),
    }
    assert_same(load({**state, **old}), state)


def test_a_resnet_trained_with_dropout_is_read(load: Callable[..., State]) -> None:
    wanted = random_generator("resnet_9blocks").state_dict()
    moved = {name.replace("conv_block.5.", "conv_block.6."): v for name, v in wanted.items()}
    assert_same(load(moved, "resnet_9blocks"), wanted)


def test_half_precision_weights_become_full(load: Callable[..., State], state: State) -> None:
    met = load({name: value.half() for name, value in state.items()})
    assert {value.dtype for value in met.values()} == {torch.float32}


def test_batch_normalisation_is_refused_by_name(load: Callable[..., State]) -> None:
    batch_norm = {f"model.2.{k}": v for k, v in nn.BatchNorm2d(64).state_dict().items()}
    wanted = random_generator("resnet_9blocks").state_dict()
    with pytest.raises(ModelError, match=r"batch normalisation .*--norm instance"):
        load({**wanted, **batch_norm}, "resnet_9blocks")


def test_another_architecture_is_recognised(load: Callable[..., State], state: State) -> None:
    with pytest.raises(
        ModelError, match="look like ganilla, not like resnet_9blocks; choose ganilla"
    ):
        load(state, "resnet_9blocks")


def test_an_unknown_network_is_refused(load: Callable[..., State]) -> None:
    with pytest.raises(ModelError, match="look like no network known here"):
        load(nn.Linear(3, 3).state_dict())


def test_missing_weights_are_counted_and_named(load: Callable[..., State], state: State) -> None:
    del state["conv2.bias"], state["fpn.P5_1.weight"]
    with pytest.raises(ModelError, match=r"2 of 41 weights .* missing, the first is conv2\.bias"):
        load(state)


def test_weights_too_many_are_counted_and_named(load: Callable[..., State], state: State) -> None:
    with pytest.raises(ModelError, match=r"no place in ganilla .1, the first is 'extra'"):
        load({**state, "extra": torch.zeros(1)})


def test_a_wrong_shape_is_named(load: Callable[..., State], state: State) -> None:
    state["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    with pytest.raises(ModelError, match=r"conv1\.weight have the shape \(64, 1, 7, 7\), wanted"):
        load(state)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_refused(
    load: Callable[..., State], state: State, value: float
) -> None:
    state["conv2.bias"][1] = value
    with pytest.raises(ModelError, match=r"conv2\.bias hold values that are no numbers"):
        load(state)


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused_as_damaged(
    tmp_path: Path, state: State, is_zip: bool, part: float
) -> None:
    path = tmp_path / "cut.pth"
    torch.save(state, path, _use_new_zipfile_serialization=is_zip)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(ModelError, match="cut short, damaged or not written by torch"):
        load_checkpoint(path, architecture="ganilla")


def test_a_file_far_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.pth"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(ModelError, match="1074 MB"):
        load_checkpoint(path, architecture="ganilla")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.pth cannot be read: No such file"):
        load_checkpoint(tmp_path / "nothing.pth", architecture="ganilla")


def test_an_unknown_architecture_lists_the_known(checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="choose one of ganilla, resnet_9blocks, unet"):
        load_checkpoint(checkpoint, architecture="pix2pix")


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "A", "identity", "colour-mapping", "x" * 99]
)
def test_a_name_that_cannot_be_used_is_refused(checkpoint: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be named"):
        import_checkpoint(checkpoint, architecture="ganilla", name=name, folder=tmp_path)


def test_a_model_is_never_replaced(checkpoint: Path, package: Path) -> None:
    before = (package / "rdf.yaml").stat()
    with pytest.raises(ModelError, match="there is a model kidney already"):
        import_checkpoint(checkpoint, architecture="ganilla", name="kidney", folder=package.parent)
    assert (package / "rdf.yaml").stat() == before


@pytest.mark.parametrize("spacing", [0.0, -1.0, math.nan, math.inf, 5e-7, 21.0])
def test_a_spacing_at_which_no_image_is_read_is_refused(
    checkpoint: Path, tmp_path: Path, spacing: float
) -> None:
    with pytest.raises(ModelError, match="µm per pixel is not possible"):
        import_checkpoint(
            checkpoint, architecture="ganilla", name="a", folder=tmp_path, spacing_um=spacing
        )


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(ModelError):
        import_checkpoint(
            tmp_path / "text.pth", architecture="ganilla", name="a", folder=tmp_path / "models"
        )
    assert not (tmp_path / "models").exists()


def test_the_checkpoint_is_not_changed_and_a_short_name_gives_a_longer_title(
    checkpoint: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.pth"
    shutil.copy(checkpoint, copy)
    card = import_checkpoint(copy, architecture="ganilla", name="a", folder=tmp_path / "models")
    assert copy.read_bytes() == checkpoint.read_bytes()
    assert card.title == "a generator"  # the Model Zoo refuses titles below 5 letters
