"""What the service says of itself: models, limits, health, readiness, metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.api.readiness import StoreProbe
from app.services import Services
from app.stores.memory import MemoryStore
from cyclegan.models import bundled
from tests.app.packages import RECORD, install
from tests.app.web import MAX_BYTES, MAX_PIXELS, finish, publish, queued, send
from tests.bucket import Bucket


def figures(client: FlaskClient) -> dict[str, float]:
    """Sample name with its labels -> value."""

    def samples() -> Iterator[tuple[str, float]]:
        for family in text_string_to_metric_families(client.get("/metrics").text):
            for sample in family.samples:
                labels = ",".join(
                    f"{name}={value}" for name, value in sorted(sample.labels.items())
                )
                yield f"{sample.name}{{{labels}}}", sample.value

    return dict(samples())


def test_the_models_are_those_that_are_not_hidden(client: FlaskClient) -> None:
    models = client.get("/api/v1/models").get_json()["models"]
    assert [model["name"] for model in models] == ["colour-mapping", *bundled.names()]
    assert [m["name"] for m in models if m["is_default"]] == [bundled.default_model()]
    assert (models[0]["reach_px"], models[0]["has_statistics"]) == (None, False)
    assert (models[0]["input"], models[0]["training"]) == ("rgb", None)


def test_a_trained_model_is_told_with_its_limits_credits_and_scores(
    client: FlaskClient, services: Services
) -> None:
    install(services, "kidney")
    models = client.get("/api/v1/models").get_json()["models"]
    (met,) = [model["training"] for model in models if model["name"] == "kidney"]
    wanted = RECORD.model_dump(mode="json", exclude={"settings", "stain"})
    assert met == wanted


def test_no_model_says_where_it_lies(client: FlaskClient, services: Services) -> None:
    assert str(services.settings.data_dir) not in client.get("/api/v1/models").text


def test_the_limits_are_those_in_force(client: FlaskClient) -> None:
    limits = client.get("/api/v1/limits").get_json()
    assert (limits["max_bytes"], limits["max_pixels"]) == (MAX_BYTES, MAX_PIXELS)
    assert {format_["media_type"] for format_ in limits["formats"]} == {
        "image/png",
        "image/jpeg",
        "image/tiff",
    }


def test_health_asks_neither_database_nor_store(client: FlaskClient, services: Services) -> None:
    for path in services.settings.data_dir.glob("colormapper.db*"):
        path.unlink()
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_a_service_without_a_worker_is_not_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    parts = answer.get_json()
    assert (parts["database"], parts["store"]) == ("ok", "ok")
    assert parts["worker"] != "ok"


def test_a_service_with_a_worker_is_ready(client: FlaskClient, services: Services) -> None:
    services.queue.see_worker("a worker", "cpu")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")


def test_a_service_whose_store_takes_nothing_is_not_ready(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.queue.see_worker("a worker", "cpu")

    def full() -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(services.store, "check", full)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["store"] != "ok"


def test_a_service_whose_bucket_is_away_is_not_ready(
    cloud: Callable[..., Flask], bucket: Bucket
) -> None:
    client = cloud().test_client()
    assert client.get("/readyz").get_json()["store"] == "ok"
    bucket.is_away = True
    assert client.get("/readyz").get_json()["store"] == "takes no objects now"
    assert client.get("/healthz").status_code == 200


def test_a_bucket_that_says_nothing_is_not_waited_for(services: Services) -> None:
    silence = Event()

    class Silent(MemoryStore):
        def check(self) -> None:
            silence.wait()

    probe = StoreProbe(replace(services, store=Silent()), patience_s=0.05)
    assert [probe.ask(), probe.ask()] == ["does not answer in time"] * 2
    silence.set()
    assert wait_for(lambda: probe.ask() == "ok")


def wait_for(claim: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not claim() and time.monotonic() < end:
        time.sleep(0.05)
    return claim()


def test_health_never_asks_the_bucket(cloud: Callable[..., Flask], bucket: Bucket) -> None:
    client = cloud().test_client()
    assert client.get("/healthz").status_code == 200
    assert not bucket.asked


def test_metrics_count_removals_that_wait(
    cloud: Callable[..., Flask], bucket: Bucket, tmp_path: Path
) -> None:
    app = cloud()
    client, services = app.test_client(), app.extensions["services"]
    assert figures(client)["colormapper_removals_pending{}"] == 0
    job = queued(client, services)
    publish(services, tmp_path)
    bucket.denied.add("storage.objects.delete")
    client.delete(f"/api/v1/jobs/{job.id}")
    assert figures(client)["colormapper_removals_pending{}"] == 1


def test_metrics_count_the_jobs_of_each_state(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    finish(services, tmp_path)
    queued(client, services)
    found = figures(client)
    assert found["colormapper_jobs{state=done}"] == 1
    assert found["colormapper_jobs{state=queued}"] == 1
    assert found["colormapper_jobs{state=failed}"] == 0


def test_metrics_count_uploads_and_their_bytes(client: FlaskClient) -> None:
    send(client, b"x" * 1000)
    send(client, b"x" * 234)
    found = figures(client)
    assert found["colormapper_uploads_total{}"] == 2
    assert found["colormapper_upload_bytes_total{}"] == 1234


def test_metrics_count_requests_by_route_not_by_address(client: FlaskClient) -> None:
    for number in range(3):
        client.get(f"/api/v1/jobs/{number}")
        client.open("/", method=f"MADEUP{number}")
    found = figures(client)
    one_route = "colormapper_http_requests_total{method=GET,route=/api/v1/jobs/<job_id>,status=404}"
    assert found[one_route] == 3
    assert not any("MADEUP" in name for name in found)


def test_metrics_tell_of_workers_waiting_and_room(client: FlaskClient, services: Services) -> None:
    services.queue.see_worker("a worker", "cpu")
    found = figures(client)
    assert found["colormapper_workers{}"] == 1
    assert found["colormapper_oldest_waiting_seconds{}"] == 0
    assert found["colormapper_disk_free_bytes{}"] > 0
