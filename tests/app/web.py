"""What tests of the web service send, and what a worker would have done meanwhile."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app import objects
from app.job import Claim, Job
from app.publisher import Publisher
from app.services import Services
from app.shift import Shift

MAX_BYTES = 300_000
MAX_PIXELS = 250_000


@dataclass(frozen=True)
class Server:
    """Where a web process listens, and its data folder."""

    port: int
    folder: Path
    pid: int
    """Of gunicorn's first process; its child answers."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def png(height: int = 13, width: int = 17, *, seed: int = 0) -> bytes:
    """A PNG of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def flat_png(height: int, width: int) -> bytes:
    """A PNG of one colour, which takes few bytes."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (90, 40, 160)).save(stream, "PNG")
    return stream.getvalue()


def send(
    client: FlaskClient,
    data: bytes | None = None,
    *,
    name: str = "kidney.png",
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> TestResponse:
    """Post an image to the API."""
    file = (io.BytesIO(png() if data is None else data), name)
    return client.post("/api/v1/jobs", data={"file": file, **fields}, headers=headers)


def queued(client: FlaskClient, services: Services, **fields: Any) -> Job:
    """The job of an image that was just sent."""
    answer = send(client, **fields)
    assert answer.status_code == 202, answer.text
    return services.queue.get(answer.get_json()["id"])


def get(client: FlaskClient, address: str, **kwargs: Any) -> TestResponse:
    """Fetch a file to its end, so that nothing stays open."""
    return client.get(address, buffered=True, **kwargs)


def finish(services: Services, folder: Path, *, result: bytes = b"II*\0 result") -> Job:
    """Do with the next job what a worker does, but for the translation."""
    claim = services.queue.claim("a worker")
    assert claim is not None
    complete(services, claim, folder, result=result)
    return services.queue.get(claim.job.id)


def complete(services: Services, claim: Claim, folder: Path, *, result: bytes) -> None:
    """Publish the bytes as the result of a claimed job; raises LeaseLost when it was removed."""
    services.queue.finish(claim, _keep(services, claim, folder, result=result))


def hand_over(services: Services, folder: Path, *, result: bytes = b"II*\0 result") -> Job:
    """Do with the next job what a worker does whose results go to a bucket."""
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.hand_over(claim, _keep(services, claim, folder, result=result))
    return services.queue.get(claim.job.id)


def publish(services: Services, folder: Path, *, result: bytes = b"II*\0 result") -> Job:
    """Have the next job done, with its results in the bucket."""
    return publish_due(services, hand_over(services, folder, result=result))


def publish_due(services: Services, job: Job) -> Job:
    """Have the job done that is handed over, the only one that is due."""
    Publisher(services, Shift(owner="a publisher")).turn()
    published = services.queue.get(job.id)
    assert published.state == "done", published.publish_message
    return published


def put_off(services: Services, message: str, *, delay_s: float = 20) -> None:
    """Do with the publication that is due what a publisher does whose bucket is away."""
    claim = services.queue.claim_publication("a publisher")
    assert claim is not None
    services.queue.put_off(claim, "bucket_unavailable", message, delay_s)


def _keep(services: Services, claim: Claim, folder: Path, *, result: bytes) -> tuple[str, ...]:
    names = (objects.RESULT, objects.RESULT_PNG, objects.RESULT_PREVIEW, objects.PROVENANCE)
    sizes = {name: {"bytes": len(result)} for name in names[:-1]}
    weights = services.catalogue.card(claim.job.model).sha256
    record: dict[str, object] = {"model": "test", "weights_sha256": weights, "files": sizes}
    services.queue.publishing(claim, record)
    for name in names:
        path = folder / name
        path.write_bytes(b"{}" if name == objects.PROVENANCE else result)
        objects.keep(services.staging, claim.job, name, path)
    return claim.job.input_name, objects.INPUT_PREVIEW, *names
