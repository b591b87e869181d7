"""A link that shares a result opens that result, and nothing else, until it ends."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.audit import Wanted
from app.database import writing
from app.job import Job
from app.refusals import JobNotFound, ShareGone
from app.services import Services
from app.settings import ServeSettings
from app.tables import shares
from tests.app.people import account, browser, csrf_token, program, server_of, services_of
from tests.app.pyramids import finish_with_pictures
from tests.app.web import finish, get, publish, queued, send
from tests.running import noise

HTML = {"Accept": "text/html"}


@pytest.fixture
def job(client: FlaskClient, services: Services, tmp_path: Path) -> Job:
    """One that is done, and whose result can be shared."""
    queued(client, services)
    return finish(services, tmp_path)


@pytest.fixture
def stranger(web_app: Flask) -> FlaskClient:
    return web_app.test_client()


def made(client: FlaskClient, job: Job, days: int = 7) -> str:
    """The path of a link that was made on the job's page."""
    answer = client.post(f"/jobs/{job.id}/shares", data={"days": str(days)})
    assert answer.status_code == 303
    with client.session_transaction() as cookie:
        ((_, address),) = cookie.pop("_flashes")
    found = re.fullmatch(r"http://localhost(/shared/[\w-]{43})", address)
    assert found
    return found[1]


def end(services: Services, number: int) -> None:
    """What a link has when its days are over."""
    this = shares.c.number == number
    with writing(services.shares._engine) as connection:
        row = connection.execute(sa.select(shares).where(this)).one()
        before = row.created - timedelta(seconds=1)
        connection.execute(sa.update(shares).where(this).values(until=before))


def test_a_stranger_sees_and_saves_the_result_and_nothing_else(
    client: FlaskClient, stranger: FlaskClient, job: Job
) -> None:
    path = made(client, job)
    page = get(stranger, path, headers=HTML)
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex"
    for name in ("result.tif", "result.png", "result-preview.jpg"):
        assert f"{path}/{name}" in page.text
        assert get(stranger, f"{path}/{name}").data == b"II*\0 result"
    assert get(stranger, f"{path}/result.tif", headers={"Range": "bytes=0-1"}).data == b"II"
    for name in (job.input_name, "input-preview.jpg", "provenance.json", "..", "nothing.tif"):
        assert get(stranger, f"{path}/{name}").status_code == 404
    assert job.id not in page.text
    assert job.token not in page.text


def test_a_stranger_looks_at_every_pixel_of_the_result_and_at_none_of_the_input(
    client: FlaskClient, stranger: FlaskClient, services: Services, tmp_path: Path
) -> None:
    queued(client, services)
    before, after = noise(300, 520, seed=1), noise(300, 520, seed=2)
    job = finish_with_pictures(services, tmp_path, before=before, after=after)
    path = made(client, job)
    assert f"{path}/view" in get(stranger, path, headers=HTML).text
    page = get(stranger, f"{path}/view", headers=HTML)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert not {job.id, job.token, "input_files"} & set(re.findall(r"[\w-]+", page.text))
    tile = get(stranger, f"{path}/tiles/10/2_1.jpg")
    assert tile.data == get(client, f"/tiles/{job.id}/result_files/10/2_1.jpg").data
    assert tile.headers["Cache-Control"] == "private, no-cache"  # the link may end meanwhile
    again = {"If-None-Match": tile.headers["ETag"]}
    assert get(stranger, f"{path}/tiles/10/2_1.jpg", headers=again).status_code == 304
    for beside in ("tiles/10/3_1.jpg", "tiles/10/2_1.png", "tiles/11/0_0.jpg", "input.dzi"):
        assert get(stranger, f"{path}/{beside}").status_code == 404
    (share,) = services.shares.of(job.id)
    lines = [line for line in services.audit.read(Wanted()) if line.user == f"share:{share.number}"]
    assert [(line.action, line.object) for line in lines] == [("view", f"job:{job.id}")] * 2


def test_links_end_for_good_with_the_account_that_made_them(
    web_settings: ServeSettings, tmp_path: Path
) -> None:
    app = server_of(web_settings)
    kept, ann = services_of(app), account(app, "ann")
    send(program(app, "ann"))
    job = finish(kept, tmp_path)
    secrets = [kept.shares.make(job.id, user=who, days=7)[1] for who in (ann.user, "account:99")]
    kept.accounts.set_active(ann.id, active=False)
    kept.accounts.set_active(ann.id, active=True)
    addresses = [f"/shared/{secret}" for secret in secrets]
    assert [get(app.test_client(), path).status_code for path in addresses] == [404, 200]


@pytest.mark.parametrize("how", ["revoked", "ended", "deleted"])
def test_a_link_that_holds_no_more_opens_nothing_at_once(
    client: FlaskClient, stranger: FlaskClient, services: Services, job: Job, how: str
) -> None:
    path = made(client, job)
    assert get(stranger, f"{path}/result.tif").status_code == 200
    (share,) = services.shares.of(job.id)
    if how == "revoked":
        client.post(f"/jobs/{job.id}/shares/{share.number}/revoke")
    elif how == "ended":
        end(services, share.number)
    else:
        client.delete(f"/api/v1/jobs/{job.id}")
    for address in (path, f"{path}/result.tif", f"{path}/view", f"{path}/tiles/0/0_0.jpg"):
        answer = get(stranger, address, headers=HTML)
        assert answer.status_code == 404
        assert "revoked, has ended, or was not copied whole" in answer.text


def test_revoking_one_link_leaves_the_others(
    client: FlaskClient, stranger: FlaskClient, services: Services, job: Job
) -> None:
    first, second = made(client, job), made(client, job)
    newest = services.shares.of(job.id)[0]
    client.post(f"/jobs/{job.id}/shares/{newest.number}/revoke")
    assert [get(stranger, path).status_code for path in (first, second)] == [200, 404]


def test_a_link_of_another_image_cannot_be_revoked_by_its_number(
    client: FlaskClient, services: Services, job: Job
) -> None:
    _, secret = services.shares.make(job.id, user="account:1", days=1)
    (share,) = services.shares.of(job.id)
    other = queued(client, services)
    client.post(f"/jobs/{other.id}/shares/{share.number}/revoke")
    assert services.shares.find(secret)[1].id == job.id


def test_the_database_does_not_hold_what_opens(services: Services, job: Job) -> None:
    _, secret = services.shares.make(job.id, user="account:1", days=1)
    with writing(services.shares._engine) as connection:
        row = connection.execute(sa.select(shares)).one()
    assert secret not in map(str, row)
    with pytest.raises(ShareGone):
        services.shares.find(row.digest)


def test_what_is_not_done_cannot_be_shared(client: FlaskClient, services: Services) -> None:
    waiting = queued(client, services)
    answer = client.post(f"/jobs/{waiting.id}/shares", data={"days": "7"})
    assert answer.status_code == 409
    assert services.shares.of(waiting.id) == []


@pytest.mark.parametrize("days", ["", "0", "-1", "36500", "1e9", "seven"])
def test_only_times_that_are_offered_are_taken(client: FlaskClient, job: Job, days: str) -> None:
    answer = client.post(f"/jobs/{job.id}/shares", data={"days": days})
    assert answer.status_code == 400


def test_links_of_what_is_not_there_are_refused(services: Services) -> None:
    with pytest.raises(JobNotFound):
        services.shares.make("x" * 22, user="account:1", days=1)


def test_making_opening_and_revoking_are_in_the_audit_log_but_not_the_secret(
    client: FlaskClient, stranger: FlaskClient, services: Services, job: Job
) -> None:
    path = made(client, job)
    (share,) = services.shares.of(job.id)
    get(stranger, path)
    get(stranger, f"{path}/result.tif")
    client.post(f"/jobs/{job.id}/shares/{share.number}/revoke")
    get(stranger, path)
    lines = list(services.audit.read(Wanted()))[1:]
    link, name = f"job:{job.id}/share:{share.number}", f"share:{share.number}"
    assert [(line.action, line.object, line.outcome) for line in lines] == [
        ("share", link, "done"),
        ("view", f"job:{job.id}", "done"),
        ("download", f"job:{job.id}/result.tif", "done"),
        ("revoke", link, "done"),
        ("view", None, "refused"),
    ]
    assert [line.user == name for line in lines] == [False, True, True, False, False]
    secret = path.rpartition("/")[2]
    for file in (services.settings.data_dir / "audit").iterdir():
        assert secret not in file.read_text()


def test_the_secret_is_not_in_the_services_log(
    client: FlaskClient, job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = made(client, job).rpartition("/")[2]
    get(client, f"/shared/{secret}/nothing.tif")
    get(client, f"/shared/{secret}")
    assert "/shared/***/nothing.tif 404" in caplog.text
    assert secret not in caplog.text


def test_files_of_a_bucket_come_through_the_service_so_that_revoking_holds(
    cloud: Callable[..., Flask], tmp_path: Path
) -> None:
    app = cloud(links="public")
    client, services = app.test_client(), app.extensions["services"]
    queued(client, services)
    job = publish(services, tmp_path)
    path = made(client, job)
    answer = get(client, f"{path}/result.tif")
    assert (answer.status_code, answer.data) == (200, b"II*\0 result")


def test_on_a_server_a_link_opens_without_a_login_and_only_its_makers_page_offers_it(
    web_settings: ServeSettings, tmp_path: Path
) -> None:
    app = server_of(web_settings)
    services = services_of(app)
    job_id = send(program(app, "ann")).get_json()["id"]
    job = finish(services, tmp_path)
    ann, chief, stranger = browser(app, "ann"), browser(app, "chief", "admin"), app.test_client()
    page = ann.get(f"/jobs/{job_id}").text
    assert "Share the result" in page
    assert "Share the result" in chief.get(f"/jobs/{job_id}").text
    token = csrf_token(ann, f"/jobs/{job_id}")
    made = ann.post(f"/jobs/{job_id}/shares", data={"days": "7", "csrf_token": token})
    assert made.status_code == 303
    (found,) = set(re.findall(r"/shared/[\w-]{43}", ann.get(f"/jobs/{job_id}").text))
    assert found not in ann.get(f"/jobs/{job_id}").text  # it is shown once
    assert get(stranger, found, headers=HTML).status_code == 200
    assert get(stranger, f"{found}/result.tif").status_code == 200
    assert get(stranger, f"/results/{job.token}/result.tif").status_code == 401
    assert get(stranger, f"/s/{job.token}").status_code == 401
    assert get(stranger, f"/jobs/{job_id}", headers=HTML).status_code == 303
    refused = list(services.audit.read(Wanted(outcome="refused")))
    assert [(line.action, line.status) for line in refused] == [
        ("download", 401),
        ("download", 401),
        ("view", 401),
    ]
    assert refused[-1].object == f"job:{job_id}"
    accounts = {line.user for line in services.audit.read(Wanted(action="share"))}
    assert accounts == {f"account:{account(app, 'ann').id}"}
