"""The one file that a training depends on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cyclegan.errors import SettingsError
from cyclegan.inputs import INPUTS
from cyclegan.train.settings import FOLDERS, TrainSettings, read_settings

MODEL: dict[str, Any] = {"name": "small", "title": "Small model", "description": "Does little."}
CONFIGS = Path(__file__).resolve().parents[3] / "configs"


def read(folder: Path, content: object) -> TrainSettings:
    path = folder / "mine.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return read_settings(path)


def given(folder: Path, task: str = "cyclegan", **others: Any) -> TrainSettings:
    """The settings of a file that has what must be there, and some others."""
    return read(folder, {"task": task, "model": MODEL, "data": {}, **others})


def model(**others: object) -> dict[str, object]:
    return {**MODEL, **others}


def test_a_file_need_not_say_more_than_task_model_and_data(tmp_path: Path) -> None:
    settings = given(tmp_path)
    assert (settings.task, settings.model.title) == ("cyclegan", "Small model")
    assert settings.steps == 200_000
    assert settings.frozen_from == 150_000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"learning_rat": 1}, "learning_rat is not a setting"),
        ({"model": model(widht=3)}, "model.widht is not a setting"),
        ({"model": {"name": "a"}}, "model.title is missing; model.description is missing"),
        ({"crop_px": "large"}, r"crop_px: .* integer.* \(met: 'large'\)"),
        ({"crop_px": 100}, r"crop_px: .* multiple of 16 \(met: 100\)"),
        ({"betas": [0.9, 1]}, r"betas.1: .* less than 1 \(met: 1\)"),
        ({"learning_rate": float("inf")}, r"learning_rate: .* finite"),
        ({"seed": -1}, "seed: .* 0"),
        ({"task": "unpaired"}, "task: .*'cyclegan', 'paired' or 'colorize'"),
        ({"model": model(title="MUSE & H&E")}, "model.title: .*'MUSE & H&E'"),
        ({"epochs": 0, "epochs_decay": 0}, "epochs and epochs_decay are both 0"),
        ({"paired": {"losses": {"l1": 0}}}, "paired: no loss has a weight above 0"),
        ({"paired": {"losses": {"l1": -1}}}, "paired.losses.l1: "),
        ({"model": model(spacing_um=100)}, r"model.spacing_um: .* 20 \(met: 100\)"),
        ({"data": {"spacing_um": 5e-7}}, "data.spacing_um: .* 0.05"),
        ({"data": {"train_b": [{"path": "he", "spacing_um": 21}]}}, "data.train_b.0.spacing_um: "),
        ({"augment": {"scale": [3, 4]}}, "augment.scale: scale is 3.0 to 4.0; give"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=rf"^mine\.yaml: {said}"):
        given(tmp_path, **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": model(architecture="vit")}, "model.architecture: there is no 'vit'; .*ganilla"),
        ({"model": model(input="hsv")}, "model.input: there is no 'hsv'; .*invert-grey, dyes"),
        ({"paired": {"losses": {"l2": 1}}}, "paired.losses: there is no 'l2'; .*ssim"),
        ({"schedule": "steps"}, "schedule: there is no 'steps'; choose one of linear, cosine"),
        (
            {"cyclegan": {"saliency": {"kind": "deep"}}},
            "cyclegan.saliency.kind: there is no 'deep'; choose one of brightness, nuclear",
        ),
    ],
)
def test_names_that_the_program_does_not_have_are_refused_with_those_that_it_has(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        given(tmp_path, **wrong)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"batch: .*; threads: "):
        given(tmp_path, batch=0, threads=0)


@pytest.mark.parametrize("content", ["", "- paired", "task: [", "\t"])
def test_a_file_that_holds_no_settings_is_refused_by_its_name(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match=r"mine\.yaml"):
        read(tmp_path, content)


def test_a_file_that_is_not_text_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"mine\.yaml is not YAML"):
        read_settings(path)


def test_folders_of_the_public_layout_are_found(tmp_path: Path) -> None:
    for name in ("trainA", "trainB", "testB"):
        (tmp_path / name).mkdir()
    settings = given(tmp_path, data={"folder": str(tmp_path), "spacing_um": 0.5})
    assert [source.path.name for source in settings.sources] == ["trainA", "trainB"]
    assert [source.path.name for source in settings.held_out] == ["testB"]
    assert {source.spacing_um for source in (*settings.sources, *settings.held_out)} == {0.5}


def test_only_unpaired_training_takes_a_folder_of_muse(tmp_path: Path) -> None:
    for name in FOLDERS.values():
        (tmp_path / name).mkdir()
    paired = given(tmp_path, "paired", data={"folder": str(tmp_path), "rigs": 1})
    assert [source.path.name for source in paired.sources] == ["trainB"]
    assert [source.path.name for source in paired.held_out] == ["testB"]


def test_sources_that_are_named_come_before_the_folder(tmp_path: Path) -> None:
    (tmp_path / "trainA").mkdir()
    data = given(tmp_path, data={"folder": str(tmp_path), "train_a": [{"path": "mine"}]}).data
    assert [source.path.name for source in data.train_a] == ["mine"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="data: there is no folder away"):
        given(tmp_path, data={"folder": str(tmp_path / "away")})


def test_paired_training_needs_rigs(tmp_path: Path) -> None:
    assert given(tmp_path, "paired", data={"rigs": 1})
    with pytest.raises(SettingsError, match=r"say in data\.rigs"):
        given(tmp_path, "paired")


@pytest.mark.parametrize("seen", INPUTS)
def test_colours_are_learned_from_grey_alone(tmp_path: Path, seen: str) -> None:
    if seen in {"grey", "invert-grey"}:
        assert given(tmp_path, "colorize", model=model(input=seen))
    else:
        with pytest.raises(SettingsError, match=f"model.input is '{seen}', and colorize learns"):
            given(tmp_path, "colorize", model=model(input=seen))


def test_nuclear_saliency_needs_an_input_that_shows_the_nuclear_dye(tmp_path: Path) -> None:
    nuclear = {"saliency": {"kind": "nuclear"}}
    assert given(tmp_path, cyclegan=nuclear, model=model(input="dyes"))
    with pytest.raises(SettingsError, match="choose that, or the kind brightness"):
        given(tmp_path, cyclegan=nuclear)


def test_real_pictures_beside_pairs_need_the_nuclear_dye_and_no_more_than_a_batch(
    tmp_path: Path,
) -> None:
    real = {"paired": {"real": {"per_batch": 4}}, "data": {"rigs": 1}}
    assert given(tmp_path, "paired", model=model(input="dyes"), **real).learns_from_real
    with pytest.raises(SettingsError, match=r"per_batch is above 0 and model\.input is 'rgb'"):
        given(tmp_path, "paired", **real)
    with pytest.raises(
        SettingsError, match=r"paired\.real\.per_batch is 4, and a batch has 2 pairs"
    ):
        given(tmp_path, "paired", model=model(input="dyes"), batch=2, **real)


@pytest.mark.parametrize("seen", INPUTS)
def test_tissue_is_dark_in_inverted_inputs_alone(tmp_path: Path, seen: str) -> None:
    settings = given(tmp_path, model=model(input=seen))
    assert settings.model.sees_dark_tissue is ("invert" in seen)


def test_settings_that_are_written_out_are_the_same_when_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "trainB").mkdir()
    settings = given(tmp_path, "paired", data={"folder": str(tmp_path), "rigs": 2})
    assert read(tmp_path, settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("muse2he*.yaml")), ids=lambda path: path.stem)
def test_the_settings_of_the_models_that_come_with_the_program_can_be_read(path: Path) -> None:
    assert read_settings(path).model.name == "muse2he"
