"""What goes wrong between a client and a bucket, as tests script it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

Operation = Literal["begin", "piece", "store", "read", "look", "list", "delete", "bucket", "other"]
"""`begin` starts a resumable upload, `piece` brings bytes of one, `store` the last of an object.
`read` asks for bytes, `look` for what is known of an object, `bucket` is about buckets."""

WRITES: frozenset[Operation] = frozenset({"begin", "piece", "store"})
ANY: frozenset[Operation] = WRITES | {"read", "look", "list", "delete", "bucket", "other"}
STORES: frozenset[Operation] = frozenset({"store"})
READS: frozenset[Operation] = frozenset({"read"})

Kind = Literal["refuse", "cut", "lose", "half", "silence"]


@dataclass
class Fault:
    """Something that goes wrong, `times` times, with requests that do one of `on`."""

    kind: Kind
    times: int
    on: frozenset[Operation]
    code: int = 503
    message: str = "injected"
    seconds: float = 0


@dataclass
class Faults:
    """What shall go wrong, in order; and how often it did."""

    fired: Counter[Kind] = field(default_factory=Counter)
    _waiting: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def refuse(
        self,
        code: int,
        message: str = "injected",
        *,
        times: int = 1,
        on: frozenset[Operation] = ANY,
    ) -> None:
        """Answer with an error instead of doing it."""
        self._waiting.append(Fault("refuse", times, on, code=code, message=message))

    def cut(self, *, times: int = 1, on: frozenset[Operation] = ANY) -> None:
        """Take the request, do nothing, and cut the connection."""
        self._waiting.append(Fault("cut", times, on))

    def lose(self, *, times: int = 1, on: frozenset[Operation] = STORES) -> None:
        """Do it, and cut the connection instead of answering."""
        self._waiting.append(Fault("lose", times, on))

    def half(self, *, times: int = 1, on: frozenset[Operation] = READS) -> None:
        """Send half of the answer's body, then cut the connection."""
        self._waiting.append(Fault("half", times, on))

    def silence(self, seconds: float, *, times: int = 1, on: frozenset[Operation] = ANY) -> None:
        """Take the request, say nothing for some seconds, and cut the connection."""
        self._waiting.append(Fault("silence", times, on, seconds=seconds))

    def clear(self) -> None:
        """Let nothing more go wrong."""
        with self._lock:
            self._waiting.clear()

    def next(self, operation: Operation) -> Fault | None:
        """What goes wrong with the request that comes now."""
        with self._lock:
            found = next((fault for fault in self._waiting if operation in fault.on), None)
            if found is not None:
                self.fired[found.kind] += 1
                found.times -= 1
                if not found.times:
                    self._waiting.remove(found)
            return found
