"""Packages on disk: what is in them, how they are written and loaded."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from cyclegan.errors import ModelError
from cyclegan.models.card import ModelCard, read_card
from cyclegan.models.package import load, save
from cyclegan.networks import GENERATORS
from tests.cyclegan.generators import Broken, as_generator, random_generator


def test_a_package_has_all_that_the_model_zoo_asks_for(imported: Path) -> None:
    assert sorted(path.name for path in imported.iterdir()) == [
        "README.md",
        "cover.png",
        "generator.py",
        "rdf.yaml",
        "test-input.npy",
        "test-output.npy",
        "weights.pt",
    ]


def test_the_descriptor_names_files_that_are_there(imported: Path) -> None:
    content = yaml.safe_load((imported / "rdf.yaml").read_text())
    weights = content["weights"]["pytorch_state_dict"]
    described = [*content["covers"], content["documentation"], weights, weights["architecture"]]
    described += [tensor["test_tensor"] for tensor in content["inputs"] + content["outputs"]]
    assert all((imported / each["source"]).is_file() for each in described)


def test_the_descriptor_has_the_hash_of_the_weights(imported: Path) -> None:
    content = yaml.safe_load((imported / "rdf.yaml").read_text())
    wanted = hashlib.sha256((imported / "weights.pt").read_bytes()).hexdigest()
    assert content["weights"]["pytorch_state_dict"]["sha256"] == wanted
    assert content["config"]["colormapper"]["weights_sha256"] == wanted


def test_the_descriptor_declares_the_size_of_the_test_image(imported: Path) -> None:
    content = yaml.safe_load((imported / "rdf.yaml").read_text())
    shape = np.load(imported / "test-input.npy").shape
    sizes = [axis["size"] for axis in content["inputs"][0]["axes"] if axis["type"] == "space"]
    halos = [axis["halo"] for axis in content["outputs"][0]["axes"] if axis["type"] == "space"]
    assert shape == (1, 3, sizes[0]["min"], sizes[1]["min"])
    assert all(size["min"] > 2 * halo for size, halo in zip(sizes, halos, strict=True))


def test_the_architecture_file_runs_without_this_program(package: Path) -> None:
    scope: dict[str, type[torch.nn.Module]] = {}
    source = (package / "generator.py").read_text()
    assert "cyclegan" not in "".join(
        x for x in source.splitlines() if x.startswith(("from", "import"))
    )
    exec(compile(source, "generator.py", "exec"), scope)  # noqa: S102 - our own source
    scope["Ganilla"]().load_state_dict(torch.load(package / "weights.pt", weights_only=True))


def test_the_cover_shows_the_image_before_and_after(imported: Path) -> None:
    with Image.open(imported / "cover.png") as cover:
        assert (cover.height, cover.width) == (400, 800)


def test_the_readme_says_that_it_is_no_diagnosis(imported: Path) -> None:
    assert "not a diagnosis" in (imported / "README.md").read_text()


@pytest.mark.parametrize("architecture", GENERATORS)
def test_a_saved_network_is_loaded_bit_for_bit(tmp_path: Path, architecture: str) -> None:
    network = random_generator(architecture)
    card = save(tmp_path / "a", network, architecture=architecture, title="A", description="")
    met, wanted = load(card).state_dict(), network.state_dict()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


def test_a_package_may_be_read_by_others_than_its_maker(imported: Path) -> None:
    assert imported.stat().st_mode & 0o755 == 0o755


def test_an_error_while_saving_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not finite"):
        save(
            tmp_path / "a",
            as_generator(Broken()),
            architecture="ganilla",
            title="A",
            description="",
        )
    assert list(tmp_path.iterdir()) == []


def test_a_package_is_not_written_over_another(package: Path) -> None:
    before = read_card(package)
    with pytest.raises(OSError, match="not empty"):
        save(package, random_generator(seed=1), architecture="ganilla", title="A", description="")
    assert read_card(package) == before
    assert [path.name for path in package.parent.iterdir()] == ["kidney"]


def test_changed_weights_are_refused(package: Path) -> None:
    with (package / "weights.pt").open("r+b") as file:
        file.seek(-5000, os.SEEK_END)
        file.write(b"\1")
    with pytest.raises(ModelError, match=r"weights\.pt has changed since"):
        load(read_card(package))


def test_an_architecture_of_a_later_version_is_refused(package: Path) -> None:
    descriptor = package / "rdf.yaml"
    descriptor.write_text(descriptor.read_text().replace("ture: ganilla", "ture: transformer"))
    with pytest.raises(ModelError, match="architecture transformer, which this version"):
        load(read_card(package))


def test_weights_of_another_architecture_are_refused(package: Path) -> None:
    descriptor = package / "rdf.yaml"
    descriptor.write_text(descriptor.read_text().replace("ture: ganilla", "ture: resnet_9blocks"))
    with pytest.raises(ModelError, match="does not fit resnet_9blocks"):
        load(read_card(package))


def test_a_model_without_a_package_has_nothing_to_load() -> None:
    card = ModelCard(name="identity", title="", description="", engine="identity")
    with pytest.raises(ModelError, match="identity"):
        load(card)
