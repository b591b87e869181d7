"""Packages on disk: what is in them, how they are written and loaded."""

import hashlib
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file

from cyclegan.engines.engine import Room, Stats
from cyclegan.errors import ModelError
from cyclegan.models.card import ModelCard, read_card
from cyclegan.models.package import keep_statistics, load, load_statistics, open_engine, save
from cyclegan.models.statistics import channels, to_bytes
from cyclegan.networks import GENERATORS, Generator
from cyclegan.networks.norm import Statistics
from cyclegan.translate import prepare
from tests.cyclegan.arrays import ArrayReader, noise
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
        "weights.safetensors",
    ]


def test_the_descriptor_names_files_that_are_there(imported: Path) -> None:
    content = yaml.safe_load((imported / "rdf.yaml").read_text())
    weights = content["weights"]["pytorch_state_dict"]
    described = [*content["covers"], content["documentation"], weights, weights["architecture"]]
    described += [tensor["test_tensor"] for tensor in content["inputs"] + content["outputs"]]
    assert all((imported / each["source"]).is_file() for each in described)


def test_the_descriptor_has_the_hashes_of_the_weights(imported: Path) -> None:
    content = yaml.safe_load((imported / "rdf.yaml").read_text())
    met = content["weights"]["pytorch_state_dict"], content["config"]["colormapper"]
    files = ("weights.pt", "weights.safetensors")
    wanted = [hashlib.sha256((imported / file).read_bytes()).hexdigest() for file in files]
    assert [met[0]["sha256"], met[1]["weights_sha256"]] == wanted


def test_both_files_of_the_weights_have_the_same_numbers(imported: Path) -> None:
    met = load_file(imported / "weights.safetensors")
    wanted = torch.load(imported / "weights.pt", weights_only=True)
    assert met.keys() == wanted.keys()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


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
    with (package / "weights.safetensors").open("r+b") as file:
        file.seek(-5000, os.SEEK_END)
        file.write(b"\1")
    with pytest.raises(ModelError, match=r"weights\.safetensors has changed since"):
        load(read_card(package))


@pytest.fixture
def earlier(package: Path) -> Path:
    """The same package as versions wrote it that knew neither safetensors nor widths."""
    (package / "weights.safetensors").unlink()
    data = (package / "weights.pt").read_bytes()
    path = package / "rdf.yaml"
    content = yaml.safe_load(path.read_text())
    details = content["config"]["colormapper"]
    for name in ("weights", "width", "input", "training"):
        del details[name]
    details.update(weights_sha256=hashlib.sha256(data).hexdigest(), weights_bytes=len(data))
    path.write_text(yaml.safe_dump(content))
    return package


def test_a_package_of_an_earlier_version_is_loaded(earlier: Path, imported: Path) -> None:
    met, wanted = load(read_card(earlier)).state_dict(), load(read_card(imported)).state_dict()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


def test_a_package_of_an_earlier_version_keeps_its_weights_with_new_statistics(
    earlier: Path,
) -> None:
    before = read_card(earlier)
    after = kept(before, ones())
    assert (after.weights, after.sha256) == ("weights.pt", before.sha256)
    assert load_statistics(after).keys() == ones().keys()


def test_changed_statistics_are_refused(frozen: Path) -> None:
    with (frozen / "statistics.npz").open("r+b") as file:
        file.seek(200)
        file.write(b"\1")
    with pytest.raises(ModelError, match=r"statistics\.npz has changed since"):
        load_statistics(read_card(frozen))


def test_statistics_of_another_architecture_are_refused(frozen: Path) -> None:
    network = random_generator("resnet_9blocks")
    data = to_bytes(
        {name: (torch.zeros(n), torch.ones(n)) for name, n in channels(network).items()}
    )
    (frozen / "statistics.npz").write_bytes(data)
    card = read_card_with(frozen, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    with pytest.raises(ModelError, match=r"its statistics\.npz lacks .*; calibrate it again"):
        load_statistics(card)


def test_statistics_of_other_channels_are_never_kept(package: Path) -> None:
    before = read_card(package)
    with pytest.raises(ModelError, match="has something else"):
        kept(before, {**ones(), "norm2": (torch.zeros(1), torch.ones(1))})
    assert read_card(package) == before
    assert [path.name for path in package.parent.iterdir()] == ["kidney"]


def test_new_statistics_take_the_place_of_earlier_ones(frozen: Path) -> None:
    before = read_card(frozen)
    after = kept(before, ones())
    assert after.statistics != before.statistics
    assert after == read_card(frozen)
    assert all(torch.equal(variance, torch.ones_like(variance)) for _, variance in pairs(after))
    assert [path.name for path in frozen.parent.iterdir()] == ["kidney"]


@dataclass(frozen=True)
class Upgrade:
    """A package of the first version that was given statistics while it was read."""

    before: ModelCard
    after: ModelCard
    reads: int
    """How often it was read in the meantime, each time with success."""


@pytest.fixture(scope="module")
def upgrade(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Upgrade:
    folder = tmp_path_factory.mktemp("models") / "kidney"
    shutil.copytree(imported, folder)
    path = folder / "rdf.yaml"
    content = yaml.safe_load(path.read_text())
    details = content["config"]["colormapper"]
    details.update(statistics="tile", halo=128)
    del details["reach"]
    content["config"]["lab"] = {"room": 7}
    path.write_text(yaml.safe_dump({**content, "license": "MIT", "tags": ["kidney"]}))
    before = read_card(folder)
    done = threading.Event()

    def read() -> int:
        count = 0
        while not done.is_set():
            read_card(folder)
            count += 1
        return count

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        try:
            after = kept(before, ones())
        finally:
            done.set()
        return Upgrade(before, after, reading.result())


def test_a_package_of_the_first_version_gets_its_reach_with_its_statistics(
    upgrade: Upgrade,
) -> None:
    assert (upgrade.before.reach, upgrade.after.reach) == (None, 189)


def test_a_reader_never_meets_half_a_package(upgrade: Upgrade) -> None:
    assert upgrade.reads > 0
    assert [path.name for path in folder_of(upgrade.after).parent.iterdir()] == ["kidney"]


def test_what_people_wrote_into_a_descriptor_stays(upgrade: Upgrade) -> None:
    content = yaml.safe_load((folder_of(upgrade.after) / "rdf.yaml").read_text())
    assert (content["license"], content["tags"]) == ("MIT", ["kidney"])
    assert content["config"]["lab"] == {"room": 7}


def test_the_weights_of_a_package_stay_when_it_gets_statistics(upgrade: Upgrade) -> None:
    met, wanted = load(upgrade.after).state_dict(), load(upgrade.before).state_dict()
    assert all(torch.equal(met[name], wanted[name]) for name in wanted)


def folder_of(card: ModelCard) -> Path:
    assert card.folder is not None
    return card.folder


def test_a_package_of_the_first_version_is_opened(package: Path, tmp_path: Path) -> None:
    card = replace(read_card(package), reach=None)
    engine = open_engine(card, device="cpu", stats="sampled")
    with prepare(ArrayReader(noise(48, 32)), engine, room=Room(tmp_path)) as plan:
        assert plan.provenance()["halo"] == 192


def test_the_statistics_of_a_package_are_used_unless_others_are_asked_for(
    calibrated: Path, tmp_path: Path
) -> None:
    card = read_card(calibrated)

    def used(stats: Stats | None) -> tuple[object, object]:
        engine = open_engine(card, device="cpu", stats=stats)
        with prepare(ArrayReader(noise(48, 32)), engine, room=Room(tmp_path)) as plan:
            record = plan.provenance()
        return record["statistics"], record.get("statistics_sha256")

    assert card.statistics
    assert used(None) == ("model", card.statistics.sha256)
    assert used("tile") == ("tile", None)


def ones(network: Generator | None = None) -> Statistics:
    """Mean 0 and variance 1 for every layer, of a GANILLA unless told otherwise."""
    sizes = channels(network or random_generator()).items()
    return {name: (torch.zeros(count), torch.ones(count)) for name, count in sizes}


def kept(card: ModelCard, statistics: Statistics) -> ModelCard:
    images = [hashlib.sha256(b"an image").hexdigest()]
    return keep_statistics(card, statistics, images=images, megapixels=2.0, measured_megapixels=1.0)


def pairs(card: ModelCard) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(load_statistics(card).values())


def read_card_with(folder: Path, **changes: object) -> ModelCard:
    """The card of a package whose statistics are said to be others."""
    path = folder / "rdf.yaml"
    content = yaml.safe_load(path.read_text())
    content["config"]["colormapper"]["statistics"].update(changes)
    path.write_text(yaml.safe_dump(content))
    return read_card(folder)


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
