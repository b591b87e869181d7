"""What a schema-driven tester must be told: which bytes are images, and that cursors are ours."""

from __future__ import annotations

import io
from typing import Any

import schemathesis
from hypothesis import strategies as st
from PIL import Image


def image_of(size: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (90, 40, 160)).save(stream, "PNG")
    return stream.getvalue()


sides = st.integers(1, 40)
schemathesis.openapi.format("binary", st.tuples(sides, sides).map(image_of))


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out made-up cursors that are well formed: 400 is right for them."""
    return "cursor" not in (case.query or {}) or not is_positive(case)


def is_positive(case: Any) -> bool:
    return case.meta is None or case.meta.generation.mode.is_positive
