"""A model's translations of a set of images, measured beside two that need no learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from cyclegan.dyes import estimate
from cyclegan.engines.colour_mapping import ColourMappingEngine
from cyclegan.engines.engine import Engine, Room, Watch
from cyclegan.errors import ImageError
from cyclegan.evaluate import FIELD_METRICS, SET_METRICS
from cyclegan.evaluate.extremes import Extremes
from cyclegan.evaluate.field import Field, Scene
from cyclegan.evaluate.findings import Findings
from cyclegan.evaluate.inverted import InvertedEngine
from cyclegan.evaluate.look import Look
from cyclegan.evaluate.pairs import Pair
from cyclegan.evaluate.reference import floor, looks_of
from cyclegan.evaluate.restained import Restained
from cyclegan.evaluate.sites import choose_sites
from cyclegan.evaluate.tally import Scores
from cyclegan.evaluate.translation import Translation
from cyclegan.images import open_image
from cyclegan.images.image import Reader
from cyclegan.images.region import Region
from cyclegan.models.card import ModelCard
from cyclegan.sample import SAMPLE_BLOCKS, sample_blocks
from cyclegan.slide_stain import SlideStain

BASELINES: dict[str, Engine] = {
    "colour-mapping": ColourMappingEngine(),
    "inverted": InvertedEngine(),
}
"""What every model is compared with, by the same code."""


@dataclass(frozen=True)
class Measured:
    """One image that was measured; sizes are those of what was read."""

    name: str
    height: int
    """px"""
    width: int
    """px"""
    spacing_um: float | None
    fields: int
    measured_px: int
    """Of all fields together."""
    has_truth: bool
    notes: tuple[str, ...]
    """Sentences on how it was read."""
    scores: Scores
    """Of the metrics of single fields."""


@dataclass(frozen=True)
class Evaluation:
    """All that is known after the last image."""

    card: ModelCard
    translations: Sequence[str]
    """The model's name first, then the baselines."""
    images: Sequence[Measured]
    reference: int
    """Files of real H&E."""
    scores: Scores
    """Of all metrics over all images."""
    floors: Mapping[str, float | None]
    """Of the metrics against real H&E: one half of it against the other."""
    ranked_by: str
    """The metric of the patches, a key of `METRICS`."""
    extremes: Extremes
    """Patches of the model's."""
    one_stain: bool
    """Whether truths were redrawn in the stain that the model paints."""


class Evaluator:
    """Measures images one after the other; holds readings and looks, never a whole image.

    Patches are the best and the worst by how alike they are to the truth where there are any
    truths, and to the input otherwise. With a `stain` truths are redrawn in it, for all
    translations alike: what a slide was stained with cannot be seen in its fluorescence.
    """

    def __init__(
        self,
        card: ModelCard,
        engine: Engine,
        *,
        room: Room,
        with_truth: bool,
        stain: SlideStain | None = None,
    ) -> None:
        self._card = card
        self._stain = stain
        others = {name: e for name, e in BASELINES.items() if name != card.name}
        self._engines = {card.name: engine, **others}
        self._room = room
        self._ranked_by = "ssim" if with_truth else "edge_correlation"
        self._found = Findings(card.name, self._ranked_by)
        self._real: list[list[Look]] = []
        self.images: list[Measured] = []

    def add_reference(self, path: Path) -> tuple[str, ...]:
        """Look at an image of real H&E, at the spacing that the model was made for.

        Returns sentences on how it was read. Raises ImageError, for more than 8 bits, too, or
        OSError.
        """
        with self._opened(path) as reader:
            _require_8_bits(reader, "this H&E")
            self._real.append(looks_of(reader))
            return reader.info.notes

    def add(self, pair: Pair, watch: Watch | None = None) -> Measured:
        """Translate an image by all engines and measure what they make of it.

        Raises ColorMapperError when it, or its truth, cannot be used, and OSError; nothing of the
        image is counted then.
        """
        with ExitStack() as stack:
            image = stack.enter_context(self._opened(pair.input))
            truth = stack.enter_context(self._truth(pair.truth, image)) if pair.truth else None
            sites = choose_sites(image)
            found = self._measure(pair.name, image, truth, sites, watch or Watch())
            info = image.info
        self._found.merge(found)
        measured = Measured(
            pair.name,
            info.height,
            info.width,
            info.spacing_um,
            fields=len(sites),
            measured_px=sum(site.height * site.width for site in sites),
            has_truth=pair.truth is not None,
            notes=info.notes,
            scores=found.tally.scores(self._engines, FIELD_METRICS),
        )
        self.images.append(measured)
        return measured

    def finish(self) -> Evaluation:
        """What was found."""
        scores = self._found.tally.scores(self._engines, FIELD_METRICS)
        real = list(chain.from_iterable(self._real))
        for key, metric in SET_METRICS.items():
            for name in self._engines:
                scores[name][key] = metric.compare(self._found.looks[name], real)
        floors = {key: floor(metric, self._real) for key, metric in SET_METRICS.items()}
        return Evaluation(
            self._card,
            list(self._engines),
            self.images,
            len(self._real),
            scores,
            floors,
            self._ranked_by,
            self._found.extremes,
            one_stain=self._stain is not None,
        )

    def _measure(
        self,
        name: str,
        image: Reader,
        truth: Reader | None,
        sites: Sequence[Region],
        watch: Watch,
    ) -> Findings:
        found = Findings(self._card.name, self._ranked_by)
        dyes = estimate(sample_blocks(image, count=SAMPLE_BLOCKS))
        with ExitStack() as stack:
            quiet = Watch(cancelled=watch.cancelled)
            made = {
                key: stack.enter_context(Translation(image, engine, room=self._room, watch=quiet))
                for key, engine in self._engines.items()
            }
            for index, site in enumerate(sites):
                true = None if truth is None else truth.read(*site)
                scene = Scene(image.read(*site), true, dyes, image.info.spacing_um)
                for key, translation in made.items():
                    twice = translation.twice() if index == 0 else []
                    output, lines = translation.read(site), translation.lines(site)
                    found.see(key, name, site, Field(scene, output, lines, twice))
                watch.on_progress((index + 1) / len(sites))
        return found

    def _opened(self, path: Path, own_spacing_um: float | None = None) -> Reader:
        return open_image(
            path,
            scratch=self._room.scratch,
            spacing_um=self._card.spacing_um,
            own_spacing_um=own_spacing_um,
        )

    def _truth(self, path: Path, image: Reader) -> Reader:
        """The truth of an image: its pixels have the same size, whatever its file says."""
        reader = self._opened(path, image.info.source.spacing_um)
        wanted, met = image.info, reader.info
        try:
            _require_8_bits(reader, f"its truth {path.name}")
        except ImageError:
            reader.close()
            raise
        if (met.height, met.width) != (wanted.height, wanted.width):
            reader.close()
            raise ImageError(
                f"its truth {path.name} has {met.width} x {met.height} px and the image "
                f"{wanted.width} x {wanted.height}; a truth must lie on its input to the pixel"
            )
        return Restained(reader, self._stain) if self._stain else reader


def _require_8_bits(reader: Reader, what: str) -> None:
    """Raise ImageError for deep H&E, whose brightness reading would stretch."""
    if reader.info.bits > 8:
        raise ImageError(
            f"{what} has {reader.info.bits} bits per sample, of which nobody knows where white is; "
            "save it with 8"
        )
