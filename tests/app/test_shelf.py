"""The engine that stays on the device between jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.settings import ServeSettings
from app.shelf import Shelf
from cyclegan.engines.engine import Engine, Stats
from cyclegan.engines.identity import IdentityEngine
from cyclegan.models.catalogue import Catalogue, ModelCard

SETTINGS = ServeSettings(device="cpu", stats="sampled")


class Counting(Catalogue):
    """A catalogue of one model, whose weights may change, that counts how often it is loaded."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.sha256 = "first"
        self.loaded: list[str] = []

    def card(self, name: str) -> ModelCard:
        return ModelCard(name, name, "", "generator", sha256=self.sha256)

    def engine(
        self,
        name_or_path: str,
        *,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        stats: Stats | None = None,
    ) -> Engine:
        self.loaded.append(f"{name_or_path} {self.sha256} {device} {stats}")
        return IdentityEngine()


def test_a_model_is_loaded_once_for_many_jobs() -> None:
    shelf, catalogue = Shelf(), Counting()
    first = shelf.take(catalogue, "muse2he", SETTINGS)
    assert shelf.take(catalogue, "muse2he", SETTINGS) is first
    assert catalogue.loaded == ["muse2he first cpu sampled"]


def test_another_model_takes_its_place() -> None:
    shelf, catalogue = Shelf(), Counting()
    for name in ("one", "two", "one"):
        assert shelf.take(catalogue, name, SETTINGS).card.name == name
    assert len(catalogue.loaded) == 3


def test_new_weights_under_the_same_name_are_loaded() -> None:
    shelf, catalogue = Shelf(), Counting()
    shelf.take(catalogue, "muse2he", SETTINGS)
    catalogue.sha256 = "second"
    assert shelf.take(catalogue, "muse2he", SETTINGS).card.sha256 == "second"
