"""What gunicorn loads: the application of this process, from the environment.

`_COLORMAPPER_MODE` is set by whoever starts gunicorn; it is not a setting.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import cast

from app import create_app
from app.settings import Mode, load_settings


def _end_streams(number: int, frame: FrameType | None) -> None:
    # gunicorn waits for open requests before it ends, and progress streams would go on for long.
    application.extensions["streams"].ending = True
    if callable(_previous):
        _previous(number, frame)


application = create_app(
    load_settings(os.environ, mode=cast("Mode", os.environ.get("_COLORMAPPER_MODE", "server")))
)
_previous = signal.signal(signal.SIGTERM, _end_streams)
