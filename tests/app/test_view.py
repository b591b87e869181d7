"""What the viewer is told, and what its page may do."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.services import Services
from app.view import view_of
from tests.app.pyramids import finish_with_pictures
from tests.app.web import finish, get, queued
from tests.running import noise


def test_a_result_of_larger_pixels_has_their_scale(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    job = finish_with_pictures(
        services,
        tmp_path,
        before=noise(300, 500, seed=1),
        after=noise(100, 167, seed=2),
        spacing_um=0.5,
    )
    before, after = view_of(services, job).layers
    assert before.scale == 1
    assert after.scale == pytest.approx(3)
    assert (after.height, after.width) == (100, 167)


def test_one_page_alone_allows_the_style_that_its_viewer_adds(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    job = finish(services, tmp_path)
    pages = [f"/jobs/{job.id}/view", f"/jobs/{job.id}", "/", "/jobs"]
    policies = [get(client, page).headers["Content-Security-Policy"] for page in pages]
    assert ["sha256" in policy for policy in policies] == [True, False, False, False]
    assert all("unsafe" not in policy for policy in policies)


def test_there_is_nothing_to_look_at_before_there_is_a_result(
    client: FlaskClient, services: Services
) -> None:
    waiting = queued(client, services)
    answer = get(client, f"/jobs/{waiting.id}/view")
    assert answer.status_code == 404
    assert "nothing to look at" in answer.get_json()["error"]["message"]


def test_maps_of_quality_lie_over_the_result(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    job = finish_with_pictures(
        services,
        tmp_path,
        before=noise(300, 500, seed=1),
        after=noise(100, 167, seed=2),
        spacing_um=0.5,
        blur_over=(128, 192),
    )
    (overlay,) = view_of(services, job).overlays
    assert (overlay.y, overlay.x) == (0, 0)
    assert (overlay.height, overlay.width) == pytest.approx((384, 576))
    assert get(client, overlay.image).content_type == "image/png"
