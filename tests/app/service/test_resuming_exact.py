"""Statistics of a whole image that end with their process are made again, to the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
import torch

from app.services import Services
from app.shift import Shift
from app.worker import run_one
from cyclegan.engines import whole
from cyclegan.engines.engine import Room, Stripwise, Watch
from cyclegan.engines.generator import GeneratorEngine
from cyclegan.engines.whole import WholeImage
from cyclegan.images.image import Pixels, Reader
from tests.app.service.examples import TwinCatalogue, noise, send
from tests.cyclegan.generators import random_generator

PICTURES = ("result.tif", "result.png", "result-preview.jpg")
STRIP_PX = 16


@dataclass
class Exactly:
    """A small network with the statistics of the whole image, whose maps lie in memory."""

    before: Callable[[int], None] = lambda _: None
    """Told the number of each strip."""
    strips: int = 0
    """How many it has made."""

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Stripwise:
        network = random_generator(width=8)
        engine = GeneratorEngine(network, device=torch.device("cpu"), reach=189, stats="exact")
        prepared = engine.prepare(reader, room, watch)
        assert isinstance(prepared, WholeImage)
        assert not room.resume or not any(room.resume.iterdir()), "nothing of it is on the disk"
        return Strips(prepared, self)


@dataclass
class Strips:
    """The strips of a whole image, counted."""

    prepared: WholeImage
    engine: Exactly

    @property
    def done(self) -> float:
        return self.prepared.done

    def strips(self, top: int = 0) -> Iterator[Pixels]:
        for rows in self.prepared.strips(top):
            self.engine.before(self.engine.strips)
            self.engine.strips += 1
            yield rows

    def provenance(self) -> Mapping[str, object]:
        return self.prepared.provenance()

    def close(self) -> None:
        self.prepared.close()


def test_exact_statistics_that_were_in_memory_are_made_again_and_give_the_same_bytes(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "DECODED_PIXELS", 1)  # strips are as low as they can be
    image, shift = noise(96, 50), Shift()

    def run(engine: Exactly, shift: Shift) -> None:
        assert run_one(replace(services, catalogue=TwinCatalogue(twin=engine)), shift)

    undisturbed, engine = send(services, image), Exactly()
    run(engine, Shift())
    assert engine.strips == 96 // STRIP_PX

    def end(strip: int) -> None:
        shift.stopping = strip == 3

    job, engine = send(services, image), Exactly()
    run(Exactly(end), shift)
    assert services.queue.get(job.id).state == "queued"
    run(engine, Shift())
    record = services.queue.get(job.id).provenance or {}
    assert record["statistics"] == "exact"
    assert record["resumed_from_row"] == 4 * STRIP_PX
    assert engine.strips == 2
    for name in PICTURES:
        one, other = (services.store.stat(each.key(name)) for each in (undisturbed, job))
        assert one.sha256 == other.sha256
