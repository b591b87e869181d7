"""The pages of jobs: the list, one job, and what can be done with it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("jobs", __name__)
