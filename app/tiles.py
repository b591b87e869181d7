"""Tiles of input and result for viewers, read from their pyramids one by one.

A pyramid is opened for each tile and closed again, here or in the bucket: nothing holds a file that
somebody deletes. What its directories say is kept, as are the latest tiles; both stay right, since
an object is never overwritten.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Lock

from cachetools import LRUCache, cachedmethod

from app import objects
from app.job import Job
from app.services import Services
from cyclegan.images.deep_zoom import DeepZoom, TileAddress
from cyclegan.images.stored_tiles import StoredPyramid, read_tile, survey

PYRAMIDS = {"input": objects.INPUT_TILES, "result": objects.RESULT}
"""What can be looked at of a job, and the object that holds its pyramid."""
TILES_BYTES = 64 * 2**20
"""About 2,000 tiles."""
DIRECTORIES_BYTES = 16 * 2**20
"""Of 1,500 images of 100 megapixels, or of the two largest slides."""


def _tile_key(_: object, job: Job, which: str, address: TileAddress, kind: str) -> Hashable:
    return job.id, which, address, kind


def _directory_key(_: object, job: Job, name: str) -> Hashable:
    return job.id, name


@dataclass(frozen=True)
class Tiles:
    """Reads tiles; safe from several threads, of which none waits while another one reads.

    Whatever is asked may raise NotStored, and what a store over a network raises.
    """

    services: Services
    _tiles: LRUCache[Hashable, bytes] = field(
        default_factory=lambda: LRUCache(TILES_BYTES, getsizeof=len)
    )
    _directories: LRUCache[Hashable, StoredPyramid] = field(
        default_factory=lambda: LRUCache(DIRECTORIES_BYTES, getsizeof=attrgetter("nbytes"))
    )
    _lock: Lock = field(default_factory=Lock)

    def deep_zoom(self, job: Job, which: str) -> DeepZoom:
        """The levels of the picture `which`, a key of `PYRAMIDS`."""
        return self._pyramid(job, PYRAMIDS[which]).deep_zoom

    @cachedmethod(attrgetter("_tiles"), key=_tile_key, lock=attrgetter("_lock"))
    def tile(self, job: Job, which: str, address: TileAddress, kind: str) -> bytes:
        """The tile as an image of a kind of `stored_tiles.KINDS`; raises NoSuchTile."""
        pyramid = self._pyramid(job, PYRAMIDS[which])
        pyramid.deep_zoom.region(address)  # no store is asked for what anybody can make up
        with objects.file_of(self.services, job, PYRAMIDS[which]) as file:
            return read_tile(file, pyramid, address, kind)

    @cachedmethod(attrgetter("_directories"), key=_directory_key, lock=attrgetter("_lock"))
    def _pyramid(self, job: Job, name: str) -> StoredPyramid:
        with objects.file_of(self.services, job, name) as file:
            return survey(file)
