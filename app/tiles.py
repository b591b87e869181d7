"""Tiles of input and result for viewers, read from their pyramids one by one.

A pyramid is opened for each tile and closed again, here or in the bucket: nothing holds a file that
somebody deletes. What its directories say is kept, as are the latest tiles; both stay right, since
an object is never overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app import objects
from app.job import Job
from app.lru import Lru
from app.services import Services
from cyclegan.images.deep_zoom import DeepZoom, TileAddress
from cyclegan.images.stored_tiles import StoredPyramid, read_tile, survey

PYRAMIDS = {"input": objects.INPUT_TILES, "result": objects.RESULT}
"""What can be looked at of a job, and the object that holds its pyramid."""
TILES_BYTES = 64 * 2**20
"""About 2,000 tiles."""
DIRECTORIES_BYTES = 16 * 2**20
"""Of 1,500 images of 100 megapixels, or of the two largest slides."""


@dataclass(frozen=True)
class Tiles:
    """Reads tiles; safe from several threads.

    Whatever is asked may raise NotStored, and what a store over a network raises.
    """

    services: Services
    _tiles: Lru[bytes] = field(default_factory=lambda: Lru(TILES_BYTES, len))
    _directories: Lru[StoredPyramid] = field(
        default_factory=lambda: Lru(DIRECTORIES_BYTES, lambda pyramid: pyramid.nbytes)
    )

    def deep_zoom(self, job: Job, which: str) -> DeepZoom:
        """The levels of the picture `which`, a key of `PYRAMIDS`."""
        return self._pyramid(job, PYRAMIDS[which]).deep_zoom

    def tile(self, job: Job, which: str, address: TileAddress, kind: str) -> bytes:
        """The tile as an image of a kind of `stored_tiles.KINDS`; raises NoSuchTile."""

        def read() -> bytes:
            pyramid = self._pyramid(job, PYRAMIDS[which])
            pyramid.deep_zoom.region(address)  # no store is asked for what anybody can make up
            with objects.file_of(self.services, job, PYRAMIDS[which]) as file:
                return read_tile(file, pyramid, address, kind)

        return self._tiles.get((job.id, which, address, kind), read)

    def _pyramid(self, job: Job, name: str) -> StoredPyramid:
        def look() -> StoredPyramid:
            with objects.file_of(self.services, job, name) as file:
                return survey(file)

        return self._directories.get((job.id, name), look)
