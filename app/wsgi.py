"""What gunicorn loads: the application of this process, from the environment.

`_COLORMAPPER_MODE` is set by whoever starts gunicorn; it is not a setting.
"""

from __future__ import annotations

import os
from typing import cast

from app import create_app
from app.settings import Mode, load_settings

application = create_app(
    load_settings(os.environ, mode=cast("Mode", os.environ.get("_COLORMAPPER_MODE", "server")))
)
