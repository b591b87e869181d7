"""What was used last, up to so many bytes; safe from several threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lru(Generic[Value]):
    """Keeps values until there are too many bytes of them; then those go that wait longest."""

    def __init__(self, most_bytes: int, size: Callable[[Value], int]) -> None:
        """`size` says how many bytes a value takes."""
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._room = most_bytes
        self._size = size
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of the key, made now if it is not kept; what `make` raises passes through.

        Two threads that miss the same value at once both make it, so that none waits for another.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._room -= self._size(value)
            while self._room < 0:
                self._room += self._size(self._kept.popitem(last=False)[1])
        return value
