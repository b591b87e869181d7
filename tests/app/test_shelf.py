"""The engine that stays on the device between jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.shelf import Shelf
from cyclegan.engines.engine import Engine
from cyclegan.engines.identity import IdentityEngine
from cyclegan.models.catalogue import Catalogue, ModelCard


class Counting(Catalogue):
    """A catalogue of one model, whose weights may change, that counts how often it is loaded."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.sha256 = "first"
        self.loaded: list[str] = []

    def card(self, name: str) -> ModelCard:
        return ModelCard(name, name, "", "generator", sha256=self.sha256)

    def engine(
        self, name_or_path: str, *, device: Literal["auto", "cpu", "cuda"] = "auto"
    ) -> Engine:
        self.loaded.append(f"{name_or_path} {self.sha256} {device}")
        return IdentityEngine()


def test_a_model_is_loaded_once_for_many_jobs() -> None:
    shelf, catalogue = Shelf(), Counting()
    first = shelf.take(catalogue, "muse2he", device="cpu")
    assert shelf.take(catalogue, "muse2he", device="cpu") is first
    assert catalogue.loaded == ["muse2he first cpu"]


def test_another_model_takes_its_place() -> None:
    shelf, catalogue = Shelf(), Counting()
    for name in ("one", "two", "one"):
        assert shelf.take(catalogue, name, device="cpu").card.name == name
    assert len(catalogue.loaded) == 3


def test_new_weights_under_the_same_name_are_loaded() -> None:
    shelf, catalogue = Shelf(), Counting()
    shelf.take(catalogue, "muse2he", device="cpu")
    catalogue.sha256 = "second"
    assert shelf.take(catalogue, "muse2he", device="cpu").card.sha256 == "second"
