"""The home page: send images, see the latest ones."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("home", __name__)
