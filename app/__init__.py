"""The web service and the worker around `cyclegan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import ServeSettings


def create_app(settings: ServeSettings) -> Flask:
    """The WSGI application, on services that it opens from the settings."""
    # The worker and the scripts import this package too; only the web process pays for Flask.
    from app.application import build

    return build(settings)
