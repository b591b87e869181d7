"""The pages as the server makes them, for browsers with and without scripts."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from PIL.ExifTags import Base
from werkzeug.test import TestResponse

from app import create_app
from app.job import NewJob, Removal
from app.pages.facts import remaining
from app.pages.words import file_size
from app.removing import clear_away
from app.scope import EVERYBODYS
from app.services import Services
from app.settings import ROOT, ServeSettings
from cyclegan.models.bundled import SHIPPED, default_model
from cyclegan.models.card import read_card
from tests.app.packages import RECORD, install
from tests.app.people import program
from tests.app.web import (
    MAX_PIXELS,
    finish,
    flat_png,
    get,
    hand_over,
    png,
    publish,
    put_off,
    queued,
)
from tests.bucket import Bucket


def post_form(client: FlaskClient, *files: tuple[str, bytes], **fields: str) -> TestResponse:
    """Send the home page's form, as a browser without scripts does."""
    parts = [(io.BytesIO(content), name) for name, content in files]
    return client.post("/jobs", data={"file": parts, **fields})


def text(answer: TestResponse) -> str:
    """What a page says, without its tags."""
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


def test_limits_are_told_before_anything_is_sent(client: FlaskClient) -> None:
    page = text(client.get("/"))
    assert "PNG, JPEG, TIFF, BigTIFF, OME-TIFF" in page
    assert "Up to 300 kB and 0.2 megapixels each" in page


def test_models_are_described_and_hidden_ones_left_out(client: FlaskClient) -> None:
    page = text(client.get("/"))
    assert "Colour mapping" in page
    assert "no structure can be invented" in page
    assert "Identity" not in page


def test_a_trained_model_is_shown_with_its_limits_and_its_card(
    client: FlaskClient, services: Services
) -> None:
    install(services, "kidney")
    page = text(client.get("/"))
    told = [RECORD.limits, RECORD.trained_on, "Made slides, Ada, CC0 1.0, https://a.test/"]
    told += ["Measured on: four made slides", "0.912"]
    assert [words for words in told if words not in page] == []


def test_the_page_of_a_job_tells_the_limits_of_its_model(
    client: FlaskClient, services: Services
) -> None:
    install(services, "kidney")
    job = queued(client, services, model="kidney")
    assert f"kidney: {RECORD.limits}" in text(client.get(f"/jobs/{job.id}"))


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    for address in ("/", "/jobs", f"/jobs/{job.id}", f"/jobs/{job.id}/delete", "/nothing"):
        page = client.get(address, headers={"Accept": "text/html"}).text
        assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=", page)
        assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_one_sent_file_leads_to_its_job(client: FlaskClient) -> None:
    answer = post_form(client, ("kidney.png", png()))
    assert answer.status_code == 303
    assert "kidney.png" in text(client.get(answer.location))


def test_several_sent_files_lead_to_the_page_of_them_all(client: FlaskClient) -> None:
    answer = post_form(client, ("a.png", png(seed=1)), ("b.png", png(seed=2)))
    assert answer.status_code == 303
    page = text(client.get(answer.location))
    assert "2 images sent together" in page
    assert all(name in page for name in ("a.png", "b.png"))


def test_what_was_not_taken_is_told_once(client: FlaskClient) -> None:
    answer = post_form(client, ("good.png", png()), ("words.png", b"these are words"))
    assert answer.status_code == 303
    assert "words.png:" in text(client.get(answer.location))
    assert "words.png:" not in text(client.get(answer.location))


def test_reasons_for_many_refused_files_fit_in_the_cookie(client: FlaskClient) -> None:
    words = [(f"{'long name ' * 9}{number}.png", b"these are words") for number in range(40)]
    told = text(client.get(post_form(client, ("good.png", png()), *words).location))
    assert told.count("words") == 0
    assert "32 more files were not taken either" in told


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"these are words", 415), (b"", 422), (png()[:60], 422), (flat_png(600, 600), 413)],
)
def test_the_form_comes_back_with_the_reason_and_its_status(
    client: FlaskClient, content: bytes, status: int
) -> None:
    answer = post_form(client, ("bad.png", content))
    assert answer.status_code == status
    assert "bad.png: " in text(answer)
    assert 'id="files"' in answer.text


def test_a_form_without_a_file_says_so(client: FlaskClient) -> None:
    answer = client.post("/jobs", data={"file": (io.BytesIO(), "")})
    assert answer.status_code == 400
    assert "No file was chosen" in text(answer)


def test_an_unknown_model_and_a_wrong_pixel_size_are_told(client: FlaskClient) -> None:
    assert "there is no model" in text(post_form(client, ("a.png", png()), model="nope")).lower()
    assert "µm per pixel" in text(post_form(client, ("a.png", png()), mpp="NaN"))


def test_the_model_and_the_pixel_size_go_along(client: FlaskClient, services: Services) -> None:
    answer = post_form(client, ("a.png", png()), model="identity", mpp="0,5")
    job = services.queue.get(answer.location.rsplit("/", 1)[-1])
    assert (job.model, job.mpp) == ("identity", 0.5)


def test_an_image_with_too_many_pixels_is_refused_by_its_header(client: FlaskClient) -> None:
    answer = post_form(client, ("large.png", flat_png(MAX_PIXELS, 2)))
    assert answer.status_code == 413


def test_a_name_is_escaped_wherever_it_is_shown(client: FlaskClient) -> None:
    answer = post_form(client, ("<script>alert(1)</script>.png", png()))
    for address in (answer.location, "/jobs", "/", f"{answer.location}/delete"):
        assert "<script>alert" not in client.get(address).text


def test_an_unfinished_job_refreshes_its_page_without_scripts(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    refresh = 'http-equiv="refresh"'
    assert refresh in client.get(f"/jobs/{job.id}").text
    finish(services, tmp_path)
    assert refresh not in client.get(f"/jobs/{job.id}").text


def test_a_done_job_links_its_files_and_says_how_it_was_made(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path)
    page = client.get(f"/jobs/{job.id}").text
    for name in ("result.tif", "result.png", "result-preview.jpg", "input.png"):
        assert f"/results/{job.token}/{name}" in page
    assert f'value="http://localhost/results/{job.token}/result.png"' in page
    assert "How the result was made" in page
    assert "not for diagnosis" in page


def test_a_failed_job_says_why_and_what_to_do(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.fail(claim, "corrupt_image", "The file is cut short; copy it again.")
    page = text(client.get(f"/jobs/{job.id}"))
    assert "The file is cut short; copy it again." in page
    assert "send the image again" in page


def test_a_job_of_a_model_that_is_gone_still_has_its_page(
    client: FlaskClient, services: Services
) -> None:
    known = asdict(queued(client, services))
    given: dict[str, Any] = {field.name: known.get(field.name) for field in fields(NewJob)}
    services.queue.submit(NewJob(**{**given, "id": "later", "token": "t", "model": "gone"}))
    assert "gone" in text(client.get("/jobs/later"))


def test_a_cancelled_job_can_be_sent_again(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    answer = client.post(f"/jobs/{job.id}/cancel")
    assert (answer.status_code, answer.location) == (303, f"/jobs/{job.id}")
    assert "cancelled; there is no result" in text(client.get(answer.location))


def test_asking_to_delete_deletes_nothing(client: FlaskClient, services: Services) -> None:
    job = queued(client, services)
    assert "cannot be undone" in text(client.get(f"/jobs/{job.id}/delete"))
    assert services.queue.get(job.id) == job


def test_a_deleted_job_is_gone_and_the_list_says_so(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    answer = client.post(f"/jobs/{job.id}/delete")
    assert (answer.status_code, answer.location) == (303, "/jobs")
    assert "kidney.png and its files were deleted" in text(client.get("/jobs"))
    assert client.get(f"/jobs/{job.id}").status_code == 404
    assert list(services.store.keys()) == []


def test_a_result_is_shown_and_linked_for_good_while_it_waits_to_be_stored(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    hand_over(services, tmp_path)
    page = client.get(f"/jobs/{job.id}").text
    assert f'src="/results/{job.token}/result-preview.jpg"' in page
    assert f'value="http://localhost/s/{job.token}/result.png"' in page
    assert "Storing the result" in page
    assert f'action="/jobs/{job.id}/cancel"' not in page


def test_a_result_that_could_not_be_stored_says_why_and_when_it_is_tried_again(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    hand_over(services, tmp_path)
    put_off(services, "the bucket <b>does not</b> answer")
    page = text(client.get(f"/jobs/{job.id}"))
    assert "Not stored after 1 attempt: The bucket <b>does not</b> answer." in page
    assert re.search(r"Trying again at \d\d:\d\d:\d\d UTC", page)


@pytest.mark.parametrize("address", ["/", "/jobs"])
def test_a_tile_shows_a_result_that_waits_to_be_stored(
    client: FlaskClient, services: Services, tmp_path: Path, address: str
) -> None:
    job = queued(client, services)
    hand_over(services, tmp_path)
    assert f'src="/jobs/{job.id}/pictures/result"' in client.get(address).text


def test_files_are_listed_with_the_sizes_of_the_record(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    job = queued(client, services)
    finish(services, tmp_path, result=bytes(1234))
    page = text(client.get(f"/jobs/{job.id}"))
    assert "1.2 kB, full size, pyramid for slide viewers" in page
    assert f"{file_size(len(png()))}, as it was sent" in page


def test_the_time_that_storing_took_is_not_told_as_work(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.publishing(claim, {"timings": {"seconds": 65.4}})
    services.queue.finish(claim, ("result.tif",))
    assert re.search(r"Took\s+1 min 5 s", text(client.get(f"/jobs/{job.id}")))


def test_files_of_earlier_versions_are_listed_without_sizes(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services)
    claim = services.queue.claim("a worker")
    assert claim is not None
    services.queue.publishing(claim, {"model": "test"})
    services.queue.finish(claim, ("result.tif",))
    page = text(client.get(f"/jobs/{job.id}"))
    assert "full size, pyramid for slide viewers" in page
    assert "B, full size" not in page


@pytest.mark.parametrize(
    ("links", "sentence"),
    [
        ("public", "sees it, from anywhere and without a login, until"),
        ("signed", "leads to an address that opens from anywhere for 24 hours."),
        ("proxy", "and reaches this service sees it, until the image is deleted."),
    ],
)
def test_who_sees_a_result_is_said_before_sending_and_beside_the_link(
    cloud: Callable[..., Flask], tmp_path: Path, links: str, sentence: str
) -> None:
    app = cloud(links=links)
    client, services = app.test_client(), app.extensions["services"]
    job = queued(client, services)
    hand_over(services, tmp_path)
    for address in ("/", f"/jobs/{job.id}"):
        assert sentence in text(client.get(address))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "kept in this service's cloud storage until you delete them"),
        ({"retention_days": 30}, "kept in this service's cloud storage for 30 days, unless"),
        ({"retention_days": 1}, "for 1 day, unless"),
    ],
)
def test_every_page_says_how_long_images_are_kept(
    cloud: Callable[..., Flask], settings: dict[str, int], sentence: str
) -> None:
    assert sentence in text(cloud(**settings).test_client().get("/jobs"))


def test_a_job_says_until_when_its_files_are_kept(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud(retention_days=30)
    client, services = app.test_client(), app.extensions["services"]
    queued(client, services)
    job = publish(services, tmp_path)
    assert job.finished is not None
    until = f"{job.finished + timedelta(days=30):%Y-%m-%d}"
    assert until in text(client.get(f"/jobs/{job.id}"))


def test_what_the_bucket_keeps_of_deleted_images_is_told_where_images_are_listed(
    cloud: Callable[..., Flask], bucket: Bucket, tmp_path: Path
) -> None:
    app = cloud()
    client, services = app.test_client(), app.extensions["services"]
    job = queued(client, services)
    publish(services, tmp_path)
    bucket.denied.add("storage.objects.delete")
    client.post(f"/jobs/{job.id}/delete")
    for _ in range(2):
        page = text(client.get("/jobs"))
        assert "Files of deleted images are still stored." in page
        assert "kidney.png: " in page
        assert "tried again" in page
    bucket.denied.clear()
    [removal] = services.queue.removals(EVERYBODYS)
    clear_away(services, removal)
    assert "still stored" not in text(client.get("/jobs"))


def test_on_a_server_others_do_not_learn_of_what_was_deleted(
    cloud: Callable[..., Flask], bucket: Bucket, tmp_path: Path
) -> None:
    app = cloud(mode="server", secret_key="s" * 32)
    mine, services = program(app, "ada"), app.extensions["services"]
    job = queued(mine, services)
    publish(services, tmp_path)
    bucket.denied.add("storage.objects.delete")
    mine.post(f"/jobs/{job.id}/delete")
    others = program(app, "bob")
    assert "kidney.png: " in text(mine.get("/jobs"))
    assert "kidney.png" not in text(others.get("/jobs"))


def test_many_removals_of_one_reason_are_one_line() -> None:
    removals = [
        Removal(
            month="2026-11", token="t", name=f"{number}.png", user="u",  # noqa: S106
            since=datetime(2026, 11, 1, tzinfo=UTC), tries=1, error="the bucket is away",
        )
        for number in range(10)
    ]  # fmt: skip
    told = "0.png, 1.png, 2.png, 3.png, 4.png, 5.png, 6.png, 7.png and 2 more"
    assert remaining(removals) == [("The bucket is away.", told)]


def test_only_where_results_go_to_a_bucket_can_the_list_be_narrowed_to_storing(
    web_settings: ServeSettings, cloud: Callable[..., Flask]
) -> None:
    assert "Storing" in text(cloud().test_client().get("/jobs"))
    assert "Storing" not in text(create_app(web_settings).test_client().get("/jobs"))
    page = text(create_app(web_settings).test_client().get("/jobs?state=publishing"))
    assert "No image is being stored" in page


def test_the_list_is_turned_page_by_page(client: FlaskClient, services: Services) -> None:
    names = [f"image-{number:02}.png" for number in range(30)]
    for number, name in enumerate(names):
        queued(client, services, name=name, data=png(1, 1, seed=number))
    first = client.get("/jobs").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = client.get(unescape(older[1])).text
    shown = re.findall(r'title="(image-\d\d\.png)"', first + second)
    assert shown == names[::-1]
    assert 'rel="next"' not in second


def test_the_list_can_be_narrowed_to_a_state(
    client: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services, name="first.png")
    finish(services, tmp_path)
    queued(client, services, name="second.png", data=png(seed=1))
    assert "first.png" in text(client.get("/jobs?state=done"))
    assert "second.png" not in text(client.get("/jobs?state=done"))


@pytest.mark.parametrize("query", ["state=sleeping", "cursor=nonsense"])
def test_a_malformed_query_is_a_page_with_400(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/jobs?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<h1>" in answer.text


@pytest.mark.parametrize("address", ["/", "/jobs", "/jobs?state=failed"])
def test_an_empty_page_says_what_to_do(client: FlaskClient, address: str) -> None:
    assert re.search(
        r"Nothing here yet|No images yet|No image has failed", text(client.get(address))
    )


def test_a_sample_beyond_the_limits_is_refused_like_any_image(client: FlaskClient) -> None:
    answer = client.post("/sample", headers={"Accept": "text/html"})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_small_pictures_are_small_and_kept_by_the_browser_only(
    client: FlaskClient, services: Services
) -> None:
    job = queued(client, services, data=flat_png(400, 600))
    answer = get(client, f"/jobs/{job.id}/pictures/input")
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert max(picture.size) <= 320
        assert picture.width > picture.height
    assert answer.cache_control.private


@pytest.mark.parametrize("which", ["result", "secret.key", "..%2Finput"])
def test_a_picture_that_is_not_there_is_404(
    client: FlaskClient, services: Services, which: str
) -> None:
    job = queued(client, services)
    assert get(client, f"/jobs/{job.id}/pictures/{which}").status_code == 404


def test_the_picture_on_the_home_page_was_painted_by_the_model_that_comes_with_the_program() -> (
    None
):
    # Another is made by python -m tests.browser.pictures
    with Image.open(ROOT / "app" / "static" / "img" / "specimen.webp") as specimen:
        painted_by = specimen.getexif()[Base.ImageDescription]
    assert painted_by == read_card(SHIPPED / default_model()).sha256
