"""Where inputs and results are kept for people: one file per store, one line here."""

from __future__ import annotations

from collections.abc import Callable

from app.settings import ServeSettings
from app.stores.local import LocalStore
from app.stores.memory import MemoryStore
from app.stores.store import NotStored, Store, StoredObject, StoreRefused, StoreUnavailable


def _open_gcs(settings: ServeSettings) -> Store:
    """The one store whose libraries take a second to load, and are loaded by who needs them."""
    from app.stores.gcs import GcsStore

    return GcsStore(settings)


STORES: dict[str, Callable[[ServeSettings], Store]] = {
    "local": lambda settings: LocalStore(settings.data_dir / "store"),
    "gcs": _open_gcs,
    "memory": lambda _: MemoryStore(),
}


def open_store(settings: ServeSettings) -> Store:
    """The store that the settings name."""
    return STORES[settings.store](settings)


__all__ = [
    "STORES",
    "NotStored",
    "Store",
    "StoreRefused",
    "StoreUnavailable",
    "StoredObject",
    "open_store",
]
