"""Services on a fresh data folder: the real database, store and decoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services import Services, open_services
from app.settings import ServeSettings
from tests.app.databases import make_database
from tests.app.service.examples import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return settings_for(tmp_path / "data")


@pytest.fixture
def services(settings: ServeSettings) -> Services:
    services = open_services(settings)
    make_database(settings.database)
    return services
