"""Reviews over HTTP, and what other programs read of them."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from shapely import Polygon, box
from shapely.geometry import shape
from werkzeug.test import TestResponse

from app.job import Job
from app.review import REASONS
from app.services import Services
from app.settings import ROOT, ServeSettings
from tests.app.people import program, server_of, services_of
from tests.app.web import finish, queued

RECTANGLE = {"kind": "rectangle", "y": 1, "x": 2.5, "height": 3, "width": 4}
TRIANGLE = {"kind": "polygon", "points": [{"y": 1, "x": 9}, {"y": 8, "x": 5}, {"y": 1, "x": 0}]}
REGIONS = [
    {"shape": RECTANGLE, "label": "nuclei-lost", "comment": "upper <left>"},
    {"shape": TRIANGLE, "verdict": "unsure"},
]


@pytest.fixture
def job(client: FlaskClient, services: Services, tmp_path: Path) -> Job:
    """A job with a result of 13 x 17 px."""
    queued(client, services)
    return finish(services, tmp_path)


def say(client: FlaskClient, job: Job, version: int = 0, **said: Any) -> TestResponse:
    opinion = {"verdict": "accept", **said}
    return client.post(f"/api/v1/jobs/{job.id}/reviews", json={**opinion, "version": version})


def test_a_verdict_is_kept_with_all_that_was_said(client: FlaskClient, job: Job) -> None:
    said: dict[str, Any] = {
        "verdict": "reject",
        "reason": "seams",
        "note": "two\nlines",
        "tissue": "kidney",
    }
    answer = say(client, job, regions=REGIONS, **said)
    assert answer.status_code == 201
    review = answer.get_json()
    assert {name: review[name] for name in said} == said
    assert (review["version"], review["job"]) == (1, job.id)
    assert [region["shape"] for region in review["regions"]] == [RECTANGLE, TRIANGLE]
    told = client.get(f"/api/v1/jobs/{job.id}/reviews").get_json()
    assert told == {"job": job.id, "version": 1, "reviews": [review]}


def test_who_saw_an_older_verdict_is_told_what_to_do(client: FlaskClient, job: Job) -> None:
    say(client, job)
    late = say(client, job, verdict="reject")
    assert late.status_code == 409
    error = late.get_json()["error"]
    assert error["code"] == "review_conflict"
    assert "Look at it, and send yours with version 1" in error["message"].replace("look", "Look")
    assert say(client, job, version=1, verdict="reject").status_code == 201


def test_the_queue_holds_what_nobody_reviewed(
    client: FlaskClient, services: Services, job: Job, tmp_path: Path
) -> None:
    queued(client, services, name="second.png")
    second = finish(services, tmp_path)
    page = client.get("/api/v1/reviews?limit=1").get_json()
    assert ([item["job"]["id"] for item in page["items"]], page["total"]) == ([job.id], 2)
    say(client, job)
    following = client.get(f"/api/v1/reviews?cursor={page['next_cursor']}").get_json()
    assert [item["job"]["id"] for item in following["items"]] == [second.id]
    accepted = client.get("/api/v1/reviews?state=accepted").get_json()
    assert [item["review"]["verdict"] for item in accepted["items"]] == ["accept"]


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"verdict": "splendid"}, 422, "verdict"),
        ({"version": -1}, 422, "version"),
        ({"speed": 3}, 422, "speed"),
        ({"note": "a\0b"}, 422, "note"),
        ({"regions": [{"shape": {"kind": "circle"}}]}, 422, "circle"),
        ({"regions": [{"shape": {**RECTANGLE, "height": 99}}]}, 422, "13 x 17 px"),
        ({"regions": [{"shape": {**RECTANGLE, "y": -1}}]}, 422, "greater than or equal to 0"),
        ({"regions": [{"shape": TRIANGLE, "id": f"{UUID(int=0)}"}] * 2}, 422, "the same id"),
        ({"note": "x" * 2**21}, 413, "2,097,"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    client: FlaskClient, job: Job, said: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(
        f"/api/v1/jobs/{job.id}/reviews", json={"verdict": "accept", "version": 0, **said}
    )
    assert answer.status_code == status
    assert words in answer.get_json()["error"]["message"]
    assert client.get(f"/api/v1/jobs/{job.id}/reviews").get_json()["version"] == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"a=b", "text/plain", 415),
    ],
)
def test_what_is_no_json_object_is_refused(
    client: FlaskClient, job: Job, body: bytes, kind: str, status: int
) -> None:
    address = f"/api/v1/jobs/{job.id}/reviews"
    assert client.post(address, data=body, content_type=kind).status_code == status


def test_a_job_without_a_result_is_not_reviewed(client: FlaskClient, services: Services) -> None:
    answer = say(client, queued(client, services))
    assert answer.status_code == 409
    assert answer.get_json()["error"]["code"] == "nothing_to_review"


def test_annotations_have_the_shape_that_w3c_wants(client: FlaskClient, job: Job) -> None:
    say(client, job, reason="seams", note="so so", tissue="kidney", regions=REGIONS)
    answer = client.get(f"/api/v1/jobs/{job.id}/annotations.json")
    assert answer.mimetype == "application/ld+json"
    page = answer.get_json(force=True)
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert page["type"] == "AnnotationPage"
    for annotation in page["items"]:
        require_annotation(annotation)
    assert len({page["id"], *(annotation["id"] for annotation in page["items"])}) == 4
    whole, rectangle, polygon = page["items"]
    assert whole["target"] == f"http://localhost/s/{job.token}/result.tif"
    assert {body["purpose"]: body["value"] for body in whole["body"]} == {
        "assessing": "accept",
        "tagging": "Seams or stripes",
        "commenting": "so so",
        "describing": "kidney",
    }
    assert rectangle["target"]["selector"]["value"] == "xywh=pixel:2.5,1,4,3"
    assert '<polygon points="9,1 5,8 0,1"/>' in polygon["target"]["selector"]["value"]


def require_annotation(annotation: dict[str, Any]) -> None:
    """What the W3C Web Annotation Data Model wants of each annotation, as far as it is used."""
    assert annotation["type"] == "Annotation"
    assert annotation["id"].startswith("http://localhost/")
    assert annotation["created"].endswith("Z")
    assert annotation["creator"]["type"] == "Person"
    purposes = {"assessing", "tagging", "commenting", "describing"}
    assert annotation["motivation"] in purposes
    for body in annotation["body"]:
        assert body["type"] == "TextualBody"
        assert body["purpose"] in purposes
        assert body["value"]
    target = annotation["target"]
    if isinstance(target, dict):
        assert target["source"].startswith("http://localhost/")
        assert target["selector"]["type"] in {"FragmentSelector", "SvgSelector"}


def test_geojson_has_the_regions_as_qupath_reads_them(client: FlaskClient, job: Job) -> None:
    said = say(client, job, regions=REGIONS).get_json()
    answer = client.get(f"/api/v1/jobs/{job.id}/annotations.geojson")
    assert answer.mimetype == "application/geo+json"
    collection = answer.get_json(force=True)
    assert collection["type"] == "FeatureCollection"
    rectangle, polygon = collection["features"]
    for feature, region in zip(collection["features"], said["regions"], strict=True):
        assert feature["type"] == "Feature"
        assert UUID(feature["id"]) == UUID(region["id"])
        assert feature["geometry"]["type"] == "Polygon"
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert is_counterclockwise(ring)
        assert feature["properties"]["objectType"] == "annotation"
    assert sorted(rectangle["geometry"]["coordinates"][0][:4]) == [
        [2.5, 1], [2.5, 4], [6.5, 1], [6.5, 4],
    ]  # fmt: skip
    assert sorted(polygon["geometry"]["coordinates"][0][:3]) == [[0, 1], [5, 8], [9, 1]]
    assert rectangle["properties"]["classification"]["name"] == "Rejected"
    assert rectangle["properties"]["name"] == "Nuclei are lost"
    assert rectangle["properties"]["metadata"] == {"ANNOTATION_DESCRIPTION": "upper <left>"}
    assert polygon["properties"]["classification"]["name"] == "Unsure"


def test_a_foreign_reader_finds_the_shapes_in_pixels_of_the_result(
    client: FlaskClient, job: Job
) -> None:
    say(client, job, regions=REGIONS)
    found = client.get(f"/api/v1/jobs/{job.id}/annotations.geojson").get_json(force=True)
    rectangle, triangle = (shape(feature["geometry"]) for feature in found["features"])
    assert isinstance(rectangle, Polygon)
    assert rectangle.is_valid
    assert rectangle.exterior.is_ccw
    assert rectangle.equals(box(2.5, 1, 6.5, 4))
    assert triangle.is_valid
    assert triangle.equals(Polygon([(9, 1), (5, 8), (0, 1)]))


def test_those_who_go_through_results_are_told_how_each_is_looked_at(
    client: FlaskClient, job: Job
) -> None:
    (item,) = client.get("/api/v1/reviews").get_json()["items"]
    assert item["job"]["id"] == job.id
    assert (item["view"]["height"], item["view"]["width"]) == (13, 17)
    assert [layer["which"] for layer in item["view"]["layers"]] == ["result"]


def is_counterclockwise(ring: list[list[float]]) -> bool:
    """As RFC 7946 wants exterior rings."""
    pairs = pairwise(ring)
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs) > 0


@pytest.mark.parametrize("form", ["annotations.json", "annotations.geojson"])
def test_a_verdict_that_was_taken_back_is_not_exported(
    client: FlaskClient, job: Job, form: str
) -> None:
    say(client, job, regions=REGIONS)
    say(client, job, version=1, verdict=None, regions=REGIONS)
    found = client.get(f"/api/v1/jobs/{job.id}/{form}").get_json(force=True)
    assert found.get("items", found.get("features")) == []


def test_the_table_of_verdicts_cannot_be_taken_for_formulas(client: FlaskClient, job: Job) -> None:
    say(client, job, note='=HYPERLINK("http://x")', reason="seams", tissue="kidney, cortex")
    answer = client.get("/api/v1/reviews.csv")
    assert answer.mimetype == "text/csv"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["note"] == '\'=HYPERLINK("http://x")'
    assert (row["job"], row["verdict"], row["reason"]) == (job.id, "accept", "Seams or stripes")
    assert (row["tissue"], row["name"], row["version"]) == ("kidney, cortex", "kidney.png", "1")


def test_the_documentation_has_every_reason() -> None:
    rows = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    assert [f"| `{key}` | {words} |" in rows for key, words in REASONS.items()] == [True] * 9


def test_on_a_server_the_account_is_named_as_the_reviewer(
    web_settings: ServeSettings, tmp_path: Path
) -> None:
    app = server_of(web_settings)
    ada = program(app, "ada", "reviewer")
    queued(ada, services_of(app))
    review = say(ada, finish(services_of(app), tmp_path))
    assert review.get_json()["reviewer"] == "ada"
