"""What is told of results by models that bring something to know their own limits by."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.assessment import gaps
from app.documents import JobDocument, job_document
from app.services import Services
from app.worker import run_one
from cyclegan.images.image import ImageInfo
from cyclegan.models.card import ModelCard
from cyclegan.phantom import grow
from cyclegan.quality.patch import divide
from cyclegan.quality.survey import Survey
from cyclegan.simulate import expose
from cyclegan.train.trainer import train
from tests.app.service.examples import send
from tests.cyclegan.train.tiny import make_images, settings_for


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    """A CycleGAN after a few steps."""
    folder = tmp_path_factory.mktemp("training")
    card = train(settings_for(make_images(folder / "images"), "cyclegan"), folder / "run")
    assert card is not None
    return card


@pytest.fixture
def package(services: Services, trained: ModelCard) -> Path:
    """Its package, where the service looks for models."""
    assert trained.folder is not None
    return Path(shutil.copytree(trained.folder, services.settings.models / "tiny"))


def translated(services: Services) -> JobDocument:
    tissue = grow(256, 256, seed=5)
    muse = expose(tissue.nuclear, tissue.counterstain).muse
    job = send(services, np.ascontiguousarray(muse), model="tiny", mpp="0.5")
    run_one(services)
    return job_document(services, services.queue.get(job.id))


def test_a_model_with_a_way_back_shows_where_the_image_is_not_found_again(
    services: Services, package: Path
) -> None:
    told = translated(services)
    maps = {drawn.name: drawn for drawn in told.qc.maps}
    assert (told.state, {"colours", "cycle"} <= maps.keys()) == ("done", True)
    assert maps["cycle"].share is not None
    assert maps["colours"].share is not None
    assert told.qc.gaps == []


def test_a_model_that_does_not_tell_what_it_knows_has_no_such_maps_and_that_is_said(
    services: Services, package: Path
) -> None:
    descriptor = package / "rdf.yaml"
    kept = descriptor.read_text().split("    colours:\n")[0]
    descriptor.write_text(kept)
    told = translated(services)
    assert (told.state, told.qc.assessed) == ("done", True)
    assert not {"colours", "cycle"} & {drawn.name for drawn in told.qc.maps}
    assert "does not tell what it was trained on" in told.qc.gaps[0]


def test_what_was_only_sampled_of_a_large_image_is_said(trained: ModelCard) -> None:
    cells = divide(ImageInfo(20_000, 30_000, "array", bits=8, channels=3))
    found = Survey(cells, {}, [], 1.0, patches=600, nuclei_patches=24, returned_share=0.02)
    nuclei, returned = gaps(found, trained)
    assert "in 24 of 600 fields" in nuclei
    assert "in 2 % of the image" in returned


def test_a_damaged_way_back_spoils_no_result(services: Services, package: Path) -> None:
    weights = bytearray((package / "reverse.safetensors").read_bytes())
    weights[-1] ^= 1
    (package / "reverse.safetensors").write_bytes(bytes(weights))
    told = translated(services)
    assert (told.state, told.qc.assessed) == ("done", False)
