"""The pages that people see: server-rendered HTML, made livelier by small scripts."""

from __future__ import annotations

from flask import Blueprint

from app.pages import (
    account,
    accounts,
    batches,
    home,
    jobs,
    login,
    oidc,
    pictures,
    projects,
    review,
    shares,
    trials,
    viewer,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    home.blueprint,
    jobs.blueprint,
    viewer.blueprint,
    trials.blueprint,
    batches.blueprint,
    pictures.blueprint,
    review.blueprint,
    projects.blueprint,
    shares.blueprint,
    login.blueprint,
    oidc.blueprint,
    account.blueprint,
    accounts.blueprint,
)
"""Registered by the application factory, without a prefix."""
