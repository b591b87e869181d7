"""A generator run step by step over a whole image, each norm layer with the image's own statistics.

A step makes its whole map, strip by strip, from maps that wait in slabs; only then are the mean and
variance of the map known with which the next steps read it. Each value of the network is computed
once, and what comes out is what the network gives for the whole image at once, but for rounding.
Several fields can go through together and share their statistics.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cyclegan.engines.engine import Watch
from cyclegan.engines.field import Field
from cyclegan.engines.kernel import Kernel, Moment, is_folded, normalised, raw, spacing
from cyclegan.engines.moments import Moments
from cyclegan.engines.slabs import Record, Shape, Slab, Slabs, slab_bytes
from cyclegan.engines.tensors import to_tensor
from cyclegan.networks import Generator
from cyclegan.networks.norm import Statistics
from cyclegan.networks.steps import IMAGE, Decoder, Operand, Step

STRIP_VALUES = 2**21
"""About how many values of a map are computed at once: few enough for a processor's cache."""
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

    def close(self) -> None:
        """Let go of all maps; a second call does nothing."""
        with ExitStack() as stack:
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

    def decode(self, strip: Strip, decoder: Decoder) -> Tensor:
        """Rows of a field's translation, (1, 3, rows, width) in -1..1.

        The strip begins and ends at multiples of the network's `multiple`.
        """
        height = self._fields[strip.field].tile.height
        above, below = min(decoder.margin, strip.top), min(decoder.margin, height - strip.bottom)
        maps = []
        with precisely():
            for operand in self._network.features:
                scale = self._places[operand.map].scale
                first, last = (strip.top - above) // scale, (strip.bottom + below) // scale
                maps.append(_maps(self._normalised(operand, Strip(strip.field, first, last))))
            return decoder(maps, above, below)

    def _make(self, step: Step, *, done: float, part: float) -> Record:
        """Fill the slabs of a step; returns what is to be known of its map."""
        moments, kernel = Moments(), self._kernel(step)
        slabs = self._maps[step.name] = []
        area, behind = sum(one.tile.height * one.tile.width for one in self._fields), 0
        for number, one in enumerate(self._fields):
            shape = self._shape(step.name, number)
            slabs.append(self._slabs.new(f"{step.name}-{number}", shape))
            height, width, channels = shape
            # Of a map of which maxima are kept, four times as much is computed.
            wanted = STRIP_VALUES // (4 if step.pool else 1) // (width * channels)
            for top, bottom in strips(height, wanted):
                self._watch.check()
                strip = Strip(number, top, bottom)
                slabs[-1].write(top, self._made(step, kernel, moments, strip))
                finished = behind + bottom / height * one.tile.height * one.tile.width
                self._watch.on_progress(self._share * (done + part * finished / area))
            behind += one.tile.height * one.tile.width
        return {} if kernel is None else record_of(moments, kernel)

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

    def _made(self, step: Step, kernel: Kernel | None, moments: Moments, strip: Strip) -> Tensor:
        """Rows of a step's map as they are kept, (rows, width, channels)."""
        if kernel is None:
            parts = [self._normalised(operand, strip) for operand in step.operands]
            return functools.reduce(torch.add, parts)
        if not step.pool:
            made = kernel(self._operands(step, strip), strip.bottom - strip.top)
            moments.add(_rows(made))
            return _rows(made)
        # A row is the maximum of three of the raw map, the first of them shared with the last row.
        first, last = max(0, 2 * strip.top - 1), 2 * strip.bottom
        made = kernel(self._operands(step, Strip(strip.field, first, last)), last - first)
        moments.add(_rows(made)[2 * strip.top - first :])
        # At an edge, a mirrored row or column lies in the same window as its original.
        edges = int(first == 0), 1
        return _rows(functional.max_pool2d(made, 3, stride=2, padding=edges))

    def _operands(self, step: Step, strip: Strip) -> list[Tensor]:
        """What the kernel convolves to rows of the raw map, (1, channels, h, w) each."""
        if isinstance(step.conv, nn.Conv2d):
            stride, size = step.conv.stride[0], step.conv.kernel_size[0]
            first = strip.top * stride - step.padding
            last = (strip.bottom - 1) * stride - step.padding + size
        else:
            first, last = strip.top // 2, strip.bottom // 2 + 1
        wanted = Strip(strip.field, first, last)
        return [
            self._image(wanted, step.padding)
            if operand.map == IMAGE
            else self._surrounded(step, index, wanted)
            for index, operand in enumerate(step.operands)
        ]

    def _image(self, strip: Strip, padding: int) -> Tensor:
        one = self._fields[strip.field]
        top, bottom = max(0, strip.top), min(strip.bottom, one.tile.height)
        inside = to_tensor(one.rows(top, bottom), self._device)
        sides = (padding, padding, top - strip.top, strip.bottom - bottom)
        return functional.pad(inside, sides, mode="reflect")

    def _surrounded(self, step: Step, index: int, strip: Strip) -> Tensor:
        """Rows of an operand with what the step adds around them, (1, channels, rows, columns)."""
        operand = step.operands[index]
        height, _, _ = self._shape(operand.map, strip.field)
        top, bottom = max(0, strip.top), min(strip.bottom, height)
        above, below = top - strip.top, strip.bottom - bottom
        rows = self._read(operand, Strip(strip.field, top, bottom))
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


@contextmanager
def precisely() -> Iterator[None]:
    """Without TF32, by algorithms that give the same bytes when it is done again."""
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        yield


def _needed(steps: Sequence[Step]) -> set[str]:
    """The maps that some steps read."""
    return {operand.map for step in steps for operand in step.operands}


def _maps(rows: Tensor) -> Tensor:
    """(rows, columns, channels) seen as (1, channels, rows, columns), channels last in memory."""
    return rows[None].permute(0, 3, 1, 2)


def _rows(maps: Tensor) -> Tensor:
    """The other way round."""
    return maps[0].permute(1, 2, 0)
