"""What belongs to the running application rather than to one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

if TYPE_CHECKING:
    from app.services import Services


def services() -> Services:
    """The services that the application of this request was built on."""
    return cast("Services", current_app.extensions["services"])
