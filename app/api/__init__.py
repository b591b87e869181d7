"""The HTTP API: one blueprint per noun, JSON in and out, over the same functions as the pages."""

from __future__ import annotations

from flask import Blueprint

from app.api import (
    batches,
    events,
    health,
    jobs,
    limits,
    links,
    metrics,
    models,
    openapi,
    places,
    projects,
    results,
    reviews,
    tiles,
    translations,
    trials,
    uploads,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    jobs.blueprint,
    batches.blueprint,
    uploads.blueprint,
    events.blueprint,
    reviews.blueprint,
    projects.blueprint,
    places.blueprint,
    translations.blueprint,
    trials.blueprint,
    models.blueprint,
    limits.blueprint,
    results.blueprint,
    tiles.blueprint,
    links.blueprint,
    health.blueprint,
    metrics.blueprint,
    openapi.blueprint,
)
"""Registered by the application factory, without a prefix."""
