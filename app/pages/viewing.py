"""What pages on which OpenSeadragon shows images are allowed beyond others."""

from __future__ import annotations

from app.security import POLICY

OPENSEADRAGONS_STYLE = "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='"
"""The one style element that OpenSeadragon 6.1.1 adds: no outline where nothing can hover."""
VIEWING = f"{POLICY}; style-src 'self' {OPENSEADRAGONS_STYLE}"
"""Their Content-Security-Policy."""
