"""A generator run step by step over a whole image, each norm layer with the image's own statistics.

A step makes its whole map, strip by strip, from maps that wait in slabs; only then are the mean and
variance of the map known with which the next steps read it. Each value of the network is computed
once, and what comes out is what the network gives for the whole image at once, but for rounding.
Several fields can go through together and share their statistics.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.engines.crew import Crew, Results, precisely
from cyclegan.engines.engine import Batch, Watch
from cyclegan.engines.field import Field
from cyclegan.engines.kernel import Kernel, Moment, is_folded, normalised, raw, spacing
from cyclegan.engines.moments import Moments, Part, part_of
from cyclegan.engines.slabs import Record, Shape, Slab, Slabs, slab_bytes
from cyclegan.engines.tensors import to_pixels, to_tensor
from cyclegan.images.image import Pixels
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics
from cyclegan.networks.steps import IMAGE, Decoder, Operand, Step

STRIP_VALUES = {"cpu": 2**19, "cuda": 2**21}
"""About how many values of a map are computed at once: few enough for the cache of a core."""
FEWEST_ROWS = 8
"""Of a strip: a convolution needs some to mirror at the edge."""


@dataclass(frozen=True)
class Place:
    """How a step's map lies on the image: so many px to a value on each axis, so many channels."""

    scale: int
    channels: int


@dataclass(frozen=True)
class Strip:
    """Rows of a map of one of the fields."""

    field: int
    top: int
    bottom: int


class Piece(NamedTuple):
    """What is computed at once."""

    strip: Strip
    """Of the map that is made."""
    pixels: Batch | None
    """What a step that reads the image reads of it, (1, rows, width, 3)."""


class Staged:
    """Runs the steps of a generator over fields and holds the maps that are still needed.

    The generator is on `device` with float32 weights and is not changed. Steps that an earlier
    process has finished in `slabs` are not done again. Slabs take room: it must be closed. Progress
    goes from 0 to `share`.
    """

    def __init__(
        self,
        network: Generator,
        fields: Sequence[Field],
        *,
        device: torch.device,
        slabs: Slabs,
        watch: Watch,
        share: float = 1.0,
    ) -> None:
        self._network = network
        self._fields = fields
        self._device = device
        self._slabs = slabs
        self._watch = watch
        self._share = share
        self._steps = network.steps()
        self._places = places(self._steps)
        self._maps: dict[str, list[Slab]] = {}
        self._moments: dict[str, Moment] = {}
        self._means: dict[str, Tensor] = {}
        self._crew = Crew(device)

    def close(self) -> None:
        """Let go of all maps; a second call does nothing."""
        with ExitStack() as stack:
            stack.callback(self._crew.close)
            for slab in (slab for slabs in self._maps.values() for slab in slabs):
                stack.callback(slab.close)
        self._maps = {}

    @property
    def statistics(self) -> Statistics:
        """Mean and biased variance of each norm layer's map over all fields, on the CPU."""
        return {
            name: (self._means[name].float().cpu(), variance.float().cpu())
            for name, (_, variance) in self._moments.items()
        }

    def run(self, *, keep: bool) -> None:
        """Make all maps; with `keep`, those that the decoder reads are held afterwards.

        Raises Cancelled when the watch says so.
        """
        wanted = {operand.map for operand in self._network.features} if keep else set()
        costs = [macs(step, self._places[step.name]) for step in self._steps]
        done = 0.0
        with precisely():
            for index, step in enumerate(self._steps):
                needed = _needed(self._steps[index + 1 :]) | wanted
                part = costs[index] / sum(costs)
                record = self._slabs.finished(step.name)
                if record is None:
                    record = self._make(step, done=done, part=part)
                    self._slabs.finish(step.name, record)
                elif step.name in needed:
                    self._find(step)
                self._note(step.name, record)
                done += part
                for name in self._maps.keys() - needed:
                    self._drop(name)

    def decode(self, wanted: Iterable[Strip], decoder: Decoder) -> Results[Pixels]:
        """The translation of some strips in their order, (rows, width, 3) uint8 each.

        Strips begin and end at multiples of the network's `multiple`. A few are made ahead.
        """
        return self._crew.map(lambda strip: self._decoded(strip, decoder), wanted)

    def _decoded(self, strip: Strip, decoder: Decoder) -> Pixels:
        height = self._fields[strip.field].tile.height
        above, below = min(decoder.margin, strip.top), min(decoder.margin, height - strip.bottom)
        maps = []
        for operand in self._network.features:
            scale = self._places[operand.map].scale
            first, last = (strip.top - above) // scale, (strip.bottom + below) // scale
            maps.append(_maps(self._normalised(operand, Strip(strip.field, first, last))))
        pixels: Pixels = to_pixels(decoder(maps, above, below))[0]
        return pixels

    def _make(self, step: Step, *, done: float, part: float) -> Record:
        """Fill the slabs of a step; returns what is to be known of its map."""
        moments, kernel = Moments(), self._kernel(step)
        slabs = self._maps[step.name] = []
        slabs.extend(  # one by one, so that what was made is closed if there is no room for others
            self._slabs.new(f"{step.name}-{number}", self._shape(step.name, number))
            for number in range(len(self._fields))
        )

        def fill(piece: Piece) -> tuple[Strip, Part | None]:
            rows, counted = self._made(step, kernel, piece)
            slabs[piece.strip.field].write(piece.strip.top, rows)
            return piece.strip, counted

        pieces = self._pieces(step)
        sizes = [one.tile.height * one.tile.width for one in self._fields]
        finished = 0.0
        with closing(self._crew.map(fill, pieces)) as others:
            # Of the first the kernel learns by how much it shifts all of them.
            for strip, counted in chain([fill(next(pieces))], others):
                if counted is not None:
                    moments.add(counted)
                height, _, _ = self._shape(step.name, strip.field)
                finished += (strip.bottom - strip.top) / height * sizes[strip.field]
                self._watch.on_progress(self._share * (done + part * finished / sum(sizes)))
        return {} if kernel is None else record_of(moments, kernel)

    def _pieces(self, step: Step) -> Iterator[Piece]:
        """All strips of a step's map; raises Cancelled when the watch says so."""
        reads_image = any(operand.map == IMAGE for operand in step.operands)
        for number, one in enumerate(self._fields):
            height, width, channels = self._shape(step.name, number)
            # Of a map of which maxima are kept, four times as much is computed.
            values = STRIP_VALUES[self._device.type] // (4 if step.pool else 1)
            for top, bottom in strips(height, values // (width * channels)):
                self._watch.check()
                strip = Strip(number, top, bottom)
                read = _within(_read_by(step, strip), one.tile.height) if reads_image else None
                yield Piece(strip, None if read is None else one.rows(read.top, read.bottom))

    def _find(self, step: Step) -> None:
        """Take up the slabs of a step that is finished; they are gone if nobody reads them."""
        self._maps[step.name] = [
            slab
            for number in range(len(self._fields))
            if (slab := self._slabs.again(f"{step.name}-{number}", self._shape(step.name, number)))
        ]

    def _note(self, name: str, record: Record) -> None:
        if record:
            mean, variance, shift = (
                torch.tensor(record[key], dtype=torch.float64, device=self._device)
                for key in ("mean", "variance", "shift")
            )
            self._moments[name] = mean.float(), variance.float()
            self._means[name] = mean + shift

    def _kernel(self, step: Step) -> Kernel | None:
        if step.conv is None:
            return None
        known = {IMAGE: 3, **{name: place.channels for name, place in self._places.items()}}
        return Kernel(step, self._moments, [known[operand.map] for operand in step.operands])

    def _made(self, step: Step, kernel: Kernel | None, piece: Piece) -> tuple[Tensor, Part | None]:
        """Rows of a step's map as they are kept, (rows, width, channels), and what they count."""
        strip = piece.strip
        if kernel is None:
            parts = [self._normalised(operand, strip) for operand in step.operands]
            return functools.reduce(torch.add, parts), None
        computed = _computed(step, strip)
        made = kernel(self._operands(step, piece), computed.bottom - computed.top)
        if not step.pool:
            return _rows(made), part_of(_rows(made))
        counted = part_of(_rows(made)[2 * strip.top - computed.top :])
        # At an edge, a mirrored row or column lies in the same window as its original.
        edges = int(computed.top == 0), 1
        return _rows(functional.max_pool2d(made, 3, stride=2, padding=edges)), counted

    def _operands(self, step: Step, piece: Piece) -> list[Tensor]:
        """What the kernel convolves to rows of the raw map, (1, channels, h, w) each."""
        wanted = _read_by(step, piece.strip)
        return [
            self._surrounded(step, index, wanted)
            if operand.map != IMAGE or piece.pixels is None
            else self._image(piece.pixels, wanted, step.padding)
            for index, operand in enumerate(step.operands)
        ]

    def _image(self, pixels: Batch, strip: Strip, padding: int) -> Tensor:
        inside = _within(strip, self._fields[strip.field].tile.height)
        sides = (padding, padding, inside.top - strip.top, strip.bottom - inside.bottom)
        return functional.pad(to_tensor(pixels, self._device), sides, mode="reflect")

    def _surrounded(self, step: Step, index: int, strip: Strip) -> Tensor:
        """Rows of an operand with what the step adds around them, (1, channels, rows, columns)."""
        operand = step.operands[index]
        height, _, _ = self._shape(operand.map, strip.field)
        inside = _within(strip, height)
        above, below = inside.top - strip.top, strip.bottom - inside.bottom
        rows = self._read(operand, inside)
        if not (step.padding and step.reflect):
            every = spacing(step)
            rows = rows[::every, 1:-1:every]
        prepared = raw if is_folded(step) else normalised
        rows = prepared(rows, operand, self._moments)
        if not step.padding:
            return _maps(rows)
        if not step.reflect:
            return functional.pad(_maps(rows), (1, 1, above, below))
        if above or below:
            end = len(rows) - 1
            mirrored = rows[1 : 1 + above].flip(0), rows, rows[end - below : end].flip(0)
            rows = torch.cat(mirrored)
        return _maps(rows)

    def _read(self, operand: Operand, strip: Strip) -> Tensor:
        """Rows of a map as they were kept, (rows, width + 2, channels)."""
        return self._maps[operand.map][strip.field].read(strip.top, strip.bottom)

    def _normalised(self, operand: Operand, strip: Strip) -> Tensor:
        """Rows of a map as the network reads them, (rows, width, channels)."""
        return normalised(self._read(operand, strip)[:, 1:-1], operand, self._moments)

    def _shape(self, name: str, number: int) -> Shape:
        place, tile = self._places[name], self._fields[number].tile
        return tile.height // place.scale, tile.width // place.scale, place.channels

    def _drop(self, name: str) -> None:
        for number, slab in enumerate(self._maps.pop(name)):
            self._slabs.drop(f"{name}-{number}", slab)


def places(steps: Sequence[Step]) -> dict[str, Place]:
    """Where the map of each step lies."""
    found = {IMAGE: Place(1, 3)}
    for step in steps:
        read = found[step.operands[0].map]
        if step.conv is None:
            found[step.name] = read
            continue
        scale = read.scale * step.conv.stride[0]
        if isinstance(step.conv, nn.ConvTranspose2d):
            scale = read.scale // step.conv.stride[0]
        found[step.name] = Place(2 * scale if step.pool else scale, step.conv.out_channels)
    return found


def macs(step: Step, place: Place) -> float:
    """Multiplications and additions of a step for a px of the image."""
    if step.conv is None:
        return place.channels / place.scale**2
    scale = place.scale // 2 if step.pool else place.scale
    shrinks = isinstance(step.conv, nn.ConvTranspose2d)
    return step.conv.weight.numel() / (scale * 2 if shrinks else scale) ** 2


def record_of(moments: Moments, kernel: Kernel) -> Record:
    """What a later process needs of a map: how it is read, and by how much it is shifted."""
    mean, variance = moments.result()
    if kernel.shift is None:
        raise ValueError("the kernel has made nothing")
    shift = kernel.shift.double()
    return {"mean": mean.tolist(), "variance": variance.tolist(), "shift": shift.tolist()}


def peak_bytes(network: Generator, sizes: Sequence[tuple[int, int]], *, keep: bool) -> int:
    """What the slabs of fields of such (height, width) take at most; `keep` as in `run`."""
    steps = network.steps()
    found = places(steps)
    wanted = {operand.map for operand in network.features} if keep else set()

    def size(name: str) -> int:
        scale, channels = found[name].scale, found[name].channels
        return sum(slab_bytes(high // scale, wide // scale, channels) for high, wide in sizes)

    held: set[str] = set()
    peak = 0
    for index, step in enumerate(steps):
        held.add(step.name)
        peak = max(peak, sum(map(size, held)))
        held &= _needed(steps[index + 1 :]) | wanted
    return peak


def strips(height: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Spans of rows that cover a height: about `wanted` each, an even number, the last shorter."""
    rows = max(FEWEST_ROWS, wanted // 2 * 2)
    count = max(1, height // rows)
    for index in range(count):
        yield index * rows, height if index == count - 1 else (index + 1) * rows


def _computed(step: Step, strip: Strip) -> Strip:
    """The rows that are computed for rows of a step's map: more where only maxima are kept."""
    if not step.pool:
        return strip
    # A row is the maximum of three, the first of them shared with the last row.
    return Strip(strip.field, max(0, 2 * strip.top - 1), 2 * strip.bottom)


def _read_by(step: Step, strip: Strip) -> Strip:
    """The rows of its operands that rows of a step's map are made of, also beyond their ends."""
    computed = _computed(step, strip)
    top, bottom = computed.top, computed.bottom
    if isinstance(step.conv, nn.Conv2d):
        stride, size = step.conv.stride[0], step.conv.kernel_size[0]
        first = top * stride - step.padding
        return Strip(strip.field, first, (bottom - 1) * stride - step.padding + size)
    return Strip(strip.field, top // 2, bottom // 2 + 1)


def _within(strip: Strip, height: int) -> Strip:
    """As much of a strip as lies on a map."""
    return Strip(strip.field, max(0, strip.top), min(strip.bottom, height))


def _needed(steps: Sequence[Step]) -> set[str]:
    """The maps that some steps read."""
    return {operand.map for step in steps for operand in step.operands}


def _maps(rows: Tensor) -> Tensor:
    """(rows, columns, channels) seen as (1, channels, rows, columns), channels last in memory."""
    return rows[None].permute(0, 3, 1, 2)


def _rows(maps: Tensor) -> Tensor:
    """The other way round."""
    return maps[0].permute(1, 2, 0)
