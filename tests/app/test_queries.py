"""How much is asked of the database: for a page of many images no more than for one of few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.settings import ServeSettings
from tests.app.jobs.examples import new_job
from tests.app.people import HTML, account, browser, server_of, services_of
from tests.app.web import finish


@contextmanager
def counted() -> Iterator[list[str]]:
    """What is asked of databases within the block."""
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


def done_by(app: Flask, name: str, folder: Path, project: str) -> None:
    """An image that an account has sent and that is translated."""
    sender, services = account(app, name), services_of(app)
    services.projects.add(project, name)
    services.queue.submit(replace(new_job(), user=sender.user, project=project))
    finish(services, folder)


def test_lists_ask_for_all_senders_at_once(server_app: Flask, tmp_path: Path) -> None:
    root = browser(server_app, "root", "admin")
    project = services_of(server_app).projects.make("Kidneys", owner=account(server_app, "root"))
    paths = ("/", "/jobs", f"/projects/{project.id}", "/api/v1/jobs", "/api/v1/reviews")
    asked: dict[str, list[int]] = {path: [] for path in paths}
    for names in (["ada"], [f"user-{n}" for n in range(4)]):
        for name in names:
            done_by(server_app, name, tmp_path, project.id)
        for path in paths:
            with counted() as statements:
                page = root.get(path, headers=HTML if "api" not in path else None)
            assert page.status_code == 200
            assert names[-1] in page.text
            asked[path].append(len(statements))
    assert {path: few == many for path, (few, many) in asked.items()} == dict.fromkeys(paths, True)
