"""Images that are sent, and engines that behave in some way, for tests of the service."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from app.job import Job
from app.services import Services
from app.settings import ServeSettings
from app.submissions import submit
from cyclegan.engines.engine import Batch, Engine, Room, Stats, Watch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.images import open_image
from cyclegan.images.image import Pixels, Reader
from cyclegan.models.catalogue import Catalogue, ModelCard


def settings_for(folder: Path, **values: object) -> ServeSettings:
    """Settings of a small service in a folder."""
    return ServeSettings.model_validate(
        {"data_dir": folder, "workers": 1, "tile": 64, "halo": 16, "max_pixels": 10**6, **values}
    )


def noise(height: int, width: int, seed: int = 0) -> Pixels:
    """Random pixels, so that no two images look alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encoded(pixels: Pixels, kind: str = "PNG") -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def send(services: Services, pixels: Pixels | None = None, **values: Any) -> Job:
    """Submit an image as somebody would."""
    known: dict[str, Any] = {"filename": "kidney.png", "user": "me", "model": "identity"}
    if "file" not in values:
        known["file"] = io.BytesIO(encoded(noise(37, 53) if pixels is None else pixels))
    return submit(services, **{**known, **values})


def result_of(services: Services, job: Job, folder: Path) -> Pixels:
    """The pixels of a job's published pyramid."""
    path = folder / f"{job.id}.tif"
    services.store.fetch(job.key("result.tif"), path)
    with open_image(path, scratch=folder) as reader:
        return reader.read(0, 0, reader.info.height, reader.info.width)


def files_below(folder: Path) -> list[Path]:
    """All files in a folder and in those below it."""
    return [path for path in folder.rglob("*") if path.is_file()]


@dataclass
class TwinEngine:
    """Returns each patch as it is, after it has done what the test wants."""

    before: Callable[[Batch], None]
    halo: int = 0
    multiple: int = 1
    smallest: int = 1
    tile: int = 64
    batch: int = 1
    lanes: int = 1
    blend: str = "crop"
    done: float = 0.0
    images: int = 0
    """How many images it was prepared for."""
    batches: int = 0
    """How many it has translated."""

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> TwinEngine:
        self.images += 1
        return self

    def __call__(self, batch: Batch) -> Batch:
        self.before(batch)
        self.batches += 1
        return batch

    def provenance(self) -> Mapping[str, object]:
        return {"engine": "twin"}

    def close(self) -> None:
        pass


@dataclass
class TwinCatalogue(Catalogue):
    """The catalogue, but the model `identity` is the engine that the test wants."""

    twin: Engine = field(default_factory=IdentityEngine)
    spacing_um: float | None = None
    """What each model was made for."""

    def __post_init__(self) -> None:
        super().__init__(Path("/nonexistent"))

    def card(self, name: str) -> ModelCard:
        return replace(super().card(name), spacing_um=self.spacing_um)

    def engine(
        self,
        name_or_path: str,
        *,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        stats: Stats | None = None,
    ) -> Engine:
        return self.twin


def with_engine(services: Services, before: Callable[[Batch], None]) -> Services:
    """The services with an engine that does something before each batch."""
    return replace(services, catalogue=TwinCatalogue(TwinEngine(before)))
