"""The protocol that every way of translating an image file follows, and what each is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from benchmarks.checkpoints import NAME
from cyclegan.models.card import ModelCard
from cyclegan.models.catalogue import Catalogue

if TYPE_CHECKING:
    from cyclegan.engines.engine import Engine
    from cyclegan.networks import Generator


@dataclass(frozen=True)
class Inference:
    """What a translation had of inference: from pixels in memory to pixels in memory."""

    seconds: float
    """Wall time, with putting windows together where that is the rival's own business."""
    pixels: int
    """px that went through the network, those that windows share each time."""


class Rival(Protocol):
    """A loaded model with a way of bringing an image file through it."""

    def translate(self, source: Path, result: Path, scratch: Path) -> Inference:
        """Read the image `source` and write its translation to `result`, both PNG.

        `scratch` is an empty folder. Raises ValueError for an image that it does not handle.
        """


@dataclass(frozen=True)
class Given:
    """What all rivals have in common."""

    models: Path
    """A folder with the one package of a GANILLA, see `checkpoints`."""
    statistics: Path
    """Those of the whole image, where that fits into memory; see `reference`."""
    device: str = "cpu"
    tile: int | None = None
    """px of patches of ours; None: what suits the machine."""
    region: tuple[int, int, int, int] | None = None
    """The part of the image that ours translate: (y, x, height, width) in px."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """The same, told in words to another process."""
        paths = {name: Path(told[name]) for name in ("models", "statistics")}
        return cls(**{**told, **paths})

    def card(self, model: str) -> ModelCard:
        """The card of a model."""
        return Catalogue(self.models).card(model)

    def network(self) -> Generator:
        """The plain generator, in float32, with statistics of whatever it is handed."""
        from cyclegan.models.package import load

        network = load(self.card(NAME))
        return network.eval().requires_grad_(False).to(self.device)

    def frozen_network(self) -> Generator:
        """The generator with the statistics of the whole image."""
        import torch

        from cyclegan.networks.norm import set_statistics

        network = self.network()
        set_statistics(network, torch.load(self.statistics, map_location=self.device))
        return network

    def engine(self, model: str, stats: str | None) -> Engine:
        """Our engine for a model."""
        options: dict[str, Any] = {} if stats is None else {"stats": stats}
        device = cast("Any", self.device)
        return Catalogue(self.models).engine(model, device=device, **options)
