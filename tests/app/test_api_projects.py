"""What an account may do is said by its role, to whose images by the projects that it is in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.account import ROLES, Role
from app.audit import Wanted
from app.job import Job
from app.settings import ServeSettings
from tests.app.people import account, program, server_of, services_of
from tests.app.web import finish, png, queued, send

OWNER = "olga"
VERDICT = {"verdict": "accept", "version": 0}


@pytest.fixture
def server_app(web_settings: ServeSettings) -> Flask:
    return server_of(web_settings)


@pytest.fixture
def owner(server_app: Flask) -> FlaskClient:
    return program(server_app, OWNER, "uploader")


@pytest.fixture
def project(owner: FlaskClient) -> str:
    return made(owner)


def made(client: FlaskClient, name: str = "Kidneys of 2026") -> str:
    """The id of a new project."""
    answer = client.post("/api/v1/projects", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def let_in(app: Flask, project: str, name: str, role: Role = "uploader") -> FlaskClient:
    """A client of somebody who is in a project."""
    client = program(app, name, role)
    services_of(app).projects.add(project, name)
    return client


def jobs_of(client: FlaskClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/jobs", query_string=query)
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.get_json()["jobs"]]


def results_of(client: FlaskClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/reviews", query_string=query)
    return [item["job"]["id"] for item in answer.get_json()["items"]]


def statuses(client: FlaskClient, job: Job) -> dict[str, int]:
    """What somebody is answered who looks at a job, judges it, moves it, and deletes it."""
    address = f"/api/v1/jobs/{job.id}"
    asked = {
        "see": client.get(address),
        "file": client.get(f"/results/{job.token}/result.tif", buffered=True),
        "picture": client.get(f"/jobs/{job.id}/pictures/input"),
        "events": client.get(f"{address}/events"),
        "said": client.get(f"{address}/reviews"),
        "batch": client.get(f"/api/v1/batches/{job.batch_id}"),
        "zip": client.get(f"/batches/{job.batch_id}/results.zip", buffered=True),
        "review": client.post(f"{address}/reviews", json=VERDICT),
        "share": client.post(f"/jobs/{job.id}/shares", data={"days": "7"}),
        "move": client.put(f"{address}/project", json={"project": job.project}),
        "move batch": client.put(
            f"/api/v1/batches/{job.batch_id}/project", json={"project": job.project}
        ),
        "delete": client.delete(address),
    }
    return {name: answer.status_code for name, answer in asked.items()}


LOOKING = ("see", "file", "picture", "events", "said", "batch", "zip")
CHANGING = ("share", "move", "move batch", "delete")


@pytest.mark.parametrize("role", ROLES)
def test_role_and_membership_together_say_what_may_be_done_with_a_job(
    server_app: Flask, tmp_path: Path, role: Role
) -> None:
    services, owner = services_of(server_app), program(server_app, OWNER)
    project = made(owner)
    client = let_in(server_app, project, "me")
    jobs = {}
    for place, sender in (("own", client), ("project", owner), ("strange", owner)):
        fields = {"project": project} if place == "project" else {}
        queued(sender, services, batch=place, **fields)
        jobs[place] = finish(services, tmp_path)
    services.accounts.set_role(account(server_app, "me").id, role)
    for place, job in jobs.items():
        require_right(client, job, role, place)


def require_right(client: FlaskClient, job: Job, role: Role, place: str) -> None:
    """Whoever has a role may do with a job in a place what it says, and nothing else."""
    is_seen = place != "strange" or role == "admin"
    is_changed = role == "admin" or (place == "own" and role != "viewer")
    assert (job.id in jobs_of(client)) == (job.id in results_of(client)) == is_seen
    found = statuses(client, job)
    for act in LOOKING:
        assert (found[act] < 300) == is_seen, (place, act, found)
        assert is_seen or found[act] == 404, (place, act, found)
    for act in (*CHANGING, "review"):
        may = role in {"reviewer", "admin"} and is_seen if act == "review" else is_changed
        assert (found[act] < 400) == may, (place, act, found)
        if not may and is_seen:
            assert found[act] == 403, (place, act, found)


def test_a_reviewer_of_a_project_finds_the_results_of_colleagues_in_the_queue_and_judges_them(
    server_app: Flask, owner: FlaskClient, project: str, tmp_path: Path
) -> None:
    services = services_of(server_app)
    reviewer = let_in(server_app, project, "rita", "reviewer")
    other = made(owner, "Livers")
    for fields in ({"project": project}, {"project": other}, {}):
        queued(owner, services, data=png(seed=len(fields)), **fields)
    shared, *_ = [finish(services, tmp_path) for _ in range(3)]
    assert results_of(reviewer) == results_of(reviewer, project=project) == [shared.id]
    item = reviewer.get("/api/v1/reviews").get_json()["items"][0]["job"]
    assert (item["sender"], item["project"]) == (OWNER, project)
    assert reviewer.post(f"/api/v1/jobs/{shared.id}/reviews", json=VERDICT).status_code == 201
    assert results_of(reviewer) == []
    assert "kidney.png" in reviewer.get(f"/api/v1/reviews.csv?project={project}").text
    assert owner.get(f"/api/v1/projects/{project}").get_json()["unreviewed"] == 0


def test_lists_can_be_narrowed_to_a_project_and_to_ones_own(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    services = services_of(server_app)
    member = let_in(server_app, project, "mia")
    shared = queued(owner, services, project=project).id
    own = queued(member, services).id
    both = queued(member, services, project=project).id
    assert jobs_of(member) == [both, own, shared]
    assert jobs_of(member, project=project) == [both, shared]
    assert jobs_of(member, mine=True) == [both, own]
    assert jobs_of(member, mine=True, project=project) == [both]
    root = program(server_app, "root", "admin")
    assert jobs_of(root, project=project) == [both, shared]


@pytest.mark.parametrize(
    "path", ["jobs?project=", "reviews?project=", "reviews.csv?project=", "projects/"]
)
def test_a_project_of_others_is_as_if_it_were_not_there(
    server_app: Flask, project: str, path: str
) -> None:
    stranger = program(server_app, "eve", "reviewer")
    answers = [stranger.get(f"/api/v1/{path}{which}") for which in (project, "x" * 22, "%00")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_json()["error"]["message"] for answer in answers}) == 1
    assert stranger.get("/api/v1/projects").get_json() == {"projects": []}


def test_nobody_sends_or_moves_images_into_a_project_of_others(
    server_app: Flask, project: str
) -> None:
    services, stranger = services_of(server_app), program(server_app, "eve")
    refused = [send(stranger, project=which) for which in (project, "x" * 22)]
    assert {answer.get_json()["error"]["code"] for answer in refused} == {"unusable_project"}
    about = f"project {base64.b64encode(project.encode()).decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": about}
    assert stranger.post("/uploads", headers=headers).status_code == 422
    job = queued(stranger, services)
    moved = stranger.put(f"/api/v1/jobs/{job.id}/project", json={"project": project})
    assert (moved.status_code, services.queue.get(job.id).project) == (422, None)
    assert services.transfers.used() == 0


def test_an_upload_in_parts_goes_where_its_metadata_or_the_form_says(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    other = made(owner, "Livers")
    for number, (named, wanted) in enumerate([({}, project), ({"project": other}, other)]):
        data = png(seed=number)
        about = f"filename a2lkbmV5LnBuZw==,project {base64.b64encode(project.encode()).decode()}"
        headers = {"Tus-Resumable": "1.0.0", "Upload-Metadata": about}
        begun = owner.post(
            "/uploads",
            data=data,
            content_type="application/offset+octet-stream",
            headers={**headers, "Upload-Length": str(len(data))},
        )
        assert begun.status_code == 201, begun.text
        fields = {"upload": begun.headers["Location"].rsplit("/")[-1], **named}
        sent = owner.post("/api/v1/jobs", data=fields).get_json()
        assert services_of(server_app).queue.get(sent["id"]).project == wanted


@pytest.mark.parametrize("how", ["removed", "disabled", "left", "deleted"])
def test_who_is_out_of_a_project_loses_sight_at_once(
    server_app: Flask, owner: FlaskClient, project: str, how: str
) -> None:
    account(server_app, "root", "admin")
    services, member = services_of(server_app), let_in(server_app, project, "mia")
    theirs, own = (
        queued(owner, services, project=project),
        queued(member, services, project=project),
    )
    events = member.get(f"/api/v1/jobs/{theirs.id}/events")
    stream = iter(events.response)
    assert [next(stream) for _ in range(2)]
    out: dict[str, Callable[[], Any]] = {
        "removed": lambda: owner.delete(f"/api/v1/projects/{project}/members/mia"),
        "left": lambda: member.delete(f"/api/v1/projects/{project}/members/MIA"),
        "deleted": lambda: owner.delete(f"/api/v1/projects/{project}"),
        "disabled": lambda: services.accounts.set_active(
            account(server_app, "mia").id, active=False
        ),
    }
    out[how]()
    services.queue.cancel(theirs.id)
    assert list(stream) == []
    is_gone = {401} if how == "disabled" else {404}
    assert {member.get(f"/api/v1/jobs/{theirs.id}").status_code} == is_gone
    if how != "disabled":
        assert jobs_of(member) == [own.id]
    assert (own.id in jobs_of(owner)) == (how != "deleted")


def test_an_image_is_moved_into_a_project_and_out_of_it_by_who_sent_it(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    services, member = services_of(server_app), let_in(server_app, project, "mia", "reviewer")
    job = queued(owner, services)
    for target in (project, None):
        answer = owner.put(f"/api/v1/jobs/{job.id}/project", json={"project": target})
        assert (answer.status_code, answer.get_json()["project"]) == (200, target)
        assert (job.id in jobs_of(member)) == (target is not None)


def test_a_batch_is_moved_as_a_whole_and_seen_as_far_as_it_is_shared(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    services, member = services_of(server_app), let_in(server_app, project, "mia")
    jobs = [queued(owner, services, batch="monday", data=png(seed=n)) for n in range(3)]
    address = f"/api/v1/batches/{jobs[0].batch_id}"
    owner.put(f"/api/v1/jobs/{jobs[1].id}/project", json={"project": project})
    assert member.get(address).get_json()["total"] == 1
    assert member.get(f"{address[7:]}/links.csv").text.count("\n") == 2
    assert member.put(f"{address}/project", json={"project": None}).status_code == 403
    moved = owner.put(f"{address}/project", json={"project": project})
    assert (moved.status_code, moved.get_json()) == (200, {"images": 3})
    assert member.get(address).get_json()["total"] == 3


def test_translations_of_colleagues_are_offered_within_shared_projects_only(
    server_app: Flask, owner: FlaskClient, project: str, tmp_path: Path
) -> None:
    services, data = services_of(server_app), png(seed=5)
    member, stranger = let_in(server_app, project, "mia"), program(server_app, "eve")
    queued(owner, services, data=data, project=project)
    earlier = finish(services, tmp_path)
    known = send(member, data).get_json()["known"]
    assert known["id"] == earlier.id
    assert send(stranger, data).get_json()["known"] is None
    owner.put(f"/api/v1/jobs/{earlier.id}/project", json={"project": None})
    assert send(member, data).get_json()["known"] is None


def test_only_owner_and_administrator_manage_a_project(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    address = f"/api/v1/projects/{project}"
    clients = {
        404: program(server_app, "eve", "reviewer"),
        403: let_in(server_app, project, "rita", "reviewer"),
        200: program(server_app, "root", "admin"),
    }
    for status, client in clients.items():
        assert client.patch(address, json={"name": "Mine"}).status_code == status
        assert client.put(f"{address}/members/eve").status_code == status
    assert clients[403].delete(f"{address}/members/eve").status_code == 403
    assert clients[403].delete(address).status_code == 403
    assert owner.get(address).get_json()["name"] == "Mine"


def test_the_owner_leaves_only_after_somebody_else_has_taken_over(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    address = f"/api/v1/projects/{project}"
    let_in(server_app, project, "vera", "viewer")
    heir = let_in(server_app, project, "mia")
    assert owner.delete(f"{address}/members/{OWNER}").status_code == 409
    for name, status in (("vera", 409), ("nobody", 404), ("mia", 200)):
        assert owner.patch(address, json={"owner": name}).status_code == status
    assert owner.patch(address, json={"name": "Mine"}).status_code == 403
    assert heir.delete(f"{address}/members/{OWNER}").status_code == 204
    assert [one["name"] for one in heir.get(address).get_json()["people"]] == ["mia", "vera"]


def test_an_archived_project_is_seen_and_takes_no_more_images(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    services = services_of(server_app)
    job, later = queued(owner, services, project=project), queued(owner, services)
    owner.patch(f"/api/v1/projects/{project}", json={"archived": True})
    assert jobs_of(owner, project=project) == [job.id]
    assert send(owner, png(seed=3), project=project).status_code == 422
    moved = owner.put(f"/api/v1/jobs/{later.id}/project", json={"project": project})
    assert (moved.status_code, moved.get_json()["error"]["code"]) == (422, "project_archived")
    owner.patch(f"/api/v1/projects/{project}", json={"archived": False})
    assert send(owner, png(seed=3), project=project).status_code == 202


@pytest.mark.parametrize("name", [" ", "a\u202eb", "x" * 81, "tab\0"])
def test_a_name_that_shows_nothing_or_deceives_is_refused(owner: FlaskClient, name: str) -> None:
    assert owner.post("/api/v1/projects", json={"name": name}).status_code == 422


def test_quota_and_turns_stay_with_who_sends(
    server_app: Flask, owner: FlaskClient, project: str
) -> None:
    services, member = services_of(server_app), let_in(server_app, project, "mia")
    queued(owner, services, project=project)
    assert member.get("/api/v1/limits").get_json()["user_bytes"] == 0
    assert owner.get("/api/v1/limits").get_json()["user_bytes"] > 0
    assert queued(member, services, project=project).user == account(server_app, "mia").user


def test_what_is_done_with_a_project_is_in_the_audit_log(
    server_app: Flask, owner: FlaskClient
) -> None:
    project, job = made(owner), queued(owner, services_of(server_app))
    number, address = account(server_app, "mia").id, f"/api/v1/projects/{project}"
    owner.patch(address, json={"name": "New"})
    owner.put(f"{address}/members/mia")
    owner.put(f"/api/v1/jobs/{job.id}/project", json={"project": project})
    owner.put(f"/api/v1/jobs/{job.id}/project", json={"project": None})
    owner.delete(f"{address}/members/mia")
    owner.delete(address)
    told = [(e.action, e.object) for e in services_of(server_app).audit.read(Wanted())]
    assert [one for one in told if one[0] != "upload"] == [
        ("project", f"project:{project}"),
        ("project", f"project:{project}/name"),
        ("join", f"project:{project}/account:{number}"),
        ("move", f"job:{job.id}/project:{project}"),
        ("move", f"job:{job.id}/project:none"),
        ("leave", f"project:{project}/account:{number}"),
        ("delete", f"project:{project}"),
    ]


def test_there_are_no_projects_where_nobody_logs_in(client: FlaskClient) -> None:
    for path in ("/api/v1/projects", "/api/v1/projects/x"):
        assert client.get(path).status_code == 404
    assert send(client, project="x").status_code == 422
    assert client.get("/api/v1/jobs?project=x").status_code == 404
