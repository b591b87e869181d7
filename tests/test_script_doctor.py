"""The doctor as an administrator runs it, on a strict bucket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from app.settings import ROOT
from tests.app.disks import small_disk
from tests.bucket import WRITES, Bucket, bucket_server
from tests.running import free_port

SCRIPT = ROOT / "scripts" / "doctor.py"
ACCOUNT = "mapper@test.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Report:
    """What the doctor printed, and its exit code."""

    code: int
    stdout: str
    stderr: str

    @property
    def levels(self) -> dict[str, str]:
        """Subject -> level."""
        return {line[6:22].strip(): line[:5].strip() for line in self.stdout.splitlines()}

    @property
    def faults(self) -> dict[str, str]:
        """Subject -> text of all that is bad."""
        lines = [line for line in self.stdout.splitlines() if line.startswith("bad")]
        return {line[6:22].strip(): line[24:] for line in lines}

    def text(self, subject: str) -> str:
        """What is said of a subject."""
        lines = self.stdout.splitlines()
        return next(line[24:] for line in lines if line[6:22].strip() == subject)


Doctor = Callable[..., Report]


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with bucket_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket) -> Iterator[Bucket]:
    yield server
    server.wipe()


@pytest.fixture
def environ(server: Bucket, tmp_path: Path) -> dict[str, str]:
    """That of a server whose results go to the bucket `results`."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {
        **kept,
        **server.environ,
        "HOME": str(tmp_path),
        "NO_GCE_CHECK": "true",
        "COLORMAPPER_CONFIG": str(ROOT / "configs" / "serve.gcp.yaml"),
        "COLORMAPPER_BUCKET": "results",
        "COLORMAPPER_DATA_DIR": str(tmp_path / "data"),
        # To verify a network takes more than all the rest; one test looks at the one shipped.
        "COLORMAPPER_DEFAULT_MODEL": "colour-mapping",
        "COLORMAPPER_DEVICE": "cpu",
        "COLORMAPPER_MAX_BYTES": "1000000",
        "COLORMAPPER_PORT": str(free_port()),
        "COLORMAPPER_SECRET_KEY": "k" * 32,
    }


@pytest.fixture
def doctor(environ: dict[str, str], tmp_path: Path) -> Doctor:
    """Runs it from a foreign folder; a setting given as None is left out."""

    def run(*arguments: str, env: dict[str, str] | None = None, **settings: object) -> Report:
        changed = {f"COLORMAPPER_{name.upper()}": value for name, value in settings.items()}
        given = {**environ, **(env or {}), **changed}
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={name: str(value) for name, value in given.items() if value is not None},
            check=False,
        )
        return Report(done.returncode, done.stdout, done.stderr)

    return run


def is_healthy(report: Report) -> bool:
    return (report.code, report.stderr, set(report.levels.values())) == (0, "", {"ok"})


@pytest.mark.parametrize("uniform", [True, False])
def test_public_links_of_a_public_bucket_or_of_public_objects_are_well(
    doctor: Doctor, bucket: Bucket, uniform: bool
) -> None:
    bucket.create(uniform=uniform, public=uniform)
    report = doctor()
    assert is_healthy(report), report
    assert report.text("link") == "opens without credentials (links: public)"


def test_signed_links_of_a_key_file_are_well(
    doctor: Doctor, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.create()
    key = str(bucket.key_file(tmp_path))
    report = doctor("server", links="signed", env={"GOOGLE_APPLICATION_CREDENTIALS": key})
    assert is_healthy(report), report
    assert ACCOUNT in report.text("signing")
    assert report.text("link") == "opens without credentials (links: signed)"


def test_links_through_the_service_need_no_public_bucket(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(prevention=True)
    report = doctor(links="proxy")
    assert is_healthy(report), report


def test_a_store_on_this_machine_asks_no_bucket(doctor: Doctor, bucket: Bucket) -> None:
    report = doctor("local", config=None, secret_key=None, bucket=None, default_model=None)
    assert is_healthy(report), report
    assert "muse2he" in report.text("model")
    assert bucket.asked.total() == 0


def test_each_finding_is_one_line(doctor: Doctor, bucket: Bucket) -> None:
    report = doctor()
    levels = ("ok    ", "warn  ", "bad   ", "skip  ")
    assert all(line.startswith(levels) for line in report.stdout.splitlines())
    assert len(report.levels) == len(report.stdout.splitlines())


@pytest.mark.parametrize("links", ["public", "proxy"])
def test_nothing_stays_in_the_bucket(doctor: Doctor, bucket: Bucket, links: str) -> None:
    bucket.create()  # where public links do not open
    doctor(links=links)
    assert bucket.asked["store"] == 1
    assert bucket.objects() == {}


def test_an_object_whose_storing_was_not_answered_goes_too(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    bucket.faults.lose(times=1)
    bucket.faults.refuse(403, on=WRITES, times=9)
    assert "writing" in doctor().faults
    assert bucket.objects() == {}


def test_a_missing_bucket_is_told_with_the_command_that_makes_it(
    doctor: Doctor, bucket: Bucket
) -> None:
    report = doctor(bucket_location="EU")
    assert report.code == 1
    assert "gcloud storage buckets create gs://results --location=EU" in report.faults["bucket"]
    assert report.levels["writing"] == "skip"
    assert report.levels["port"] == "ok"


def test_an_account_that_may_not_write_is_told_which_role_it_needs(
    doctor: Doctor, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.create(public=True)
    bucket.denied.add("storage.objects.create")
    report = doctor(env={"GOOGLE_APPLICATION_CREDENTIALS": str(bucket.key_file(tmp_path))})
    assert report.code == 1
    assert report.faults["writing"].endswith(
        "gcloud storage buckets add-iam-policy-binding gs://results "
        f"--member=serviceAccount:{ACCOUNT} --role=roles/storage.objectAdmin"
    )


def test_an_object_that_cannot_be_removed_is_named(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    bucket.denied.add("storage.objects.delete")
    fault = doctor().faults["deleting"]
    (left,) = bucket.objects()
    assert left in fault


def test_an_account_that_may_not_look_at_the_bucket_still_tries_it(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.create(public=True)
    bucket.denied |= {"storage.buckets.get", "storage.buckets.getIamPolicy"}
    report = doctor()
    assert report.code == 0
    assert report.levels["bucket"] == "warn"
    assert "roles/storage.legacyBucketReader" in report.text("bucket")
    assert report.levels["link"] == report.levels["deleting"] == "ok"


def test_public_links_of_a_private_bucket_are_bad_with_the_cure(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.create()
    report = doctor()
    assert list(report.faults) == ["link"]
    assert "--member=allUsers --role=roles/storage.legacyObjectReader" in report.faults["link"]


def test_public_links_where_public_access_is_prevented_are_bad(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.create(prevention=True)
    assert "--no-public-access-prevention" in doctor().faults["access"]


@pytest.mark.parametrize("member", ["allUsers", "allAuthenticatedUsers"])
def test_a_bucket_that_everybody_can_list_is_bad(
    doctor: Doctor, bucket: Bucket, member: str
) -> None:
    bucket.create(public=True)
    bucket.grant("results", "roles/storage.objectViewer", member)
    report = doctor()
    assert list(report.faults) == ["listing"]
    assert f"--member={member} --role=roles/storage.objectViewer" in report.faults["listing"]
    assert "roles/storage.legacyObjectReader &&" in report.faults["listing"]


def test_a_public_bucket_behind_guarded_links_is_warned_of(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    report = doctor(links="proxy")
    assert (report.code, report.levels["privacy"]) == (0, "warn")
    assert "remove-iam-policy-binding gs://results --member=allUsers" in report.text("privacy")


def test_signed_links_without_an_account_are_bad(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create()
    assert "needs a service account" in doctor(links="signed").faults["signing"]


def test_a_bucket_that_is_away_leaves_the_other_checks_alone(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.is_away = True
    report = doctor()
    assert list(report.faults) == ["bucket"]
    assert report.levels["clock"] == report.levels["writing"] == "skip"
    assert report.levels["database"] == "ok"


def test_without_credentials_it_says_how_to_get_some(doctor: Doctor) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    env = {"STORAGE_EMULATOR_HOST": "", "https_proxy": nowhere, "http_proxy": nowhere}
    report = doctor(env=env)
    assert list(report.faults) == ["credentials"]
    assert "gcloud auth application-default login" in report.faults["credentials"]
    assert report.levels["bucket"] == "skip"


def test_a_key_file_that_is_none_is_bad(doctor: Doctor, bucket: Bucket, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text("{}")
    report = doctor(env={"GOOGLE_APPLICATION_CREDENTIALS": str(key)})
    assert (list(report.faults), report.stderr) == (["credentials"], "")


class _Metadata(BaseHTTPRequestHandler):
    """What a machine in Google Cloud is told of its service account, and its tokens."""

    def do_GET(self) -> None:
        answers = {
            "token": {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"},
            "project-id": "lab-project",
            "universe-domain": "googleapis.com",
        }
        account = {"email": "vm@lab.iam.gserviceaccount.com", "scopes": [], "aliases": []}
        answer = answers.get(self.path.partition("?")[0].rstrip("/").rpartition("/")[2], account)
        body = answer if isinstance(answer, str) else json.dumps(answer)
        self.send_response(200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "text/plain" if answer is body else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def machine() -> Iterator[dict[str, str]]:
    """The environment on a machine in Google Cloud from which the bucket cannot be reached."""
    server = HTTPServer(("127.0.0.1", 0), _Metadata)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    here = f"127.0.0.1:{server.server_port}"
    yield {
        **{"GCE_METADATA_HOST": here, "GCE_METADATA_IP": here, "NO_GCE_CHECK": "false"},
        **{"STORAGE_EMULATOR_HOST": "", "https_proxy": f"http://127.0.0.1:{free_port()}"},
        "GOOGLE_CLOUD_PROJECT": "",
    }
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_account_attached_to_a_machine_is_named_with_its_project(
    doctor: Doctor, machine: dict[str, str]
) -> None:
    report = doctor(env=machine)
    assert "attached to this machine: vm@lab.iam" in report.text("credentials")
    assert report.text("project") == "lab-project"
    assert list(report.faults) == ["bucket"]
    assert report.stderr == ""


def test_the_retention_of_the_settings_is_set_when_asked_and_foreign_rules_stay(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.create(public=True)
    foreign = {"action": {"type": "Delete"}, "condition": {"age": 9, "matchesPrefix": ["x/"]}}
    bucket.storage.buckets["results"]["lifecycle"] = {"rule": [foreign]}
    before = doctor(retention_days=30)
    assert before.levels["retention"] == "warn"
    assert before.text("retention").endswith("scripts/doctor.py server --set-retention")
    after = doctor("--set-retention", retention_days=30)
    assert is_healthy(after), after
    assert "at an age of 30 days" in after.text("retention")
    rules = bucket.described()["lifecycle"]["rule"]
    assert rules == [foreign, {"action": {"type": "Delete"}, "condition": {"age": 30}}]


def test_a_retention_that_may_not_be_set_is_bad(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    bucket.denied.add("storage.buckets.update")
    report = doctor("--set-retention", retention_days=30)
    assert "could not be set" in report.faults["retention"]


def test_an_unknown_setting_is_named_and_the_rest_checked(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    report = doctor(buket="results")
    assert report.faults == {
        "settings": "COLORMAPPER_BUKET is not a setting; did you mean COLORMAPPER_BUCKET?"
    }
    assert report.levels["link"] == "ok"


def test_a_server_without_a_key_gets_one_to_paste_and_the_rest_checked(
    doctor: Doctor, bucket: Bucket
) -> None:
    bucket.create(public=True)
    report = doctor(secret_key=None)
    assert list(report.faults) == ["settings"]
    assert "export COLORMAPPER_SECRET_KEY=" in report.faults["settings"]
    assert report.levels["link"] == "ok"


def test_a_malformed_bucket_name_is_bad_and_no_other_bucket_is_asked(
    doctor: Doctor, bucket: Bucket
) -> None:
    report = doctor(bucket="Lab_Muse!")
    assert "cannot name a bucket" in report.faults["settings"]
    assert report.levels["store"] == "skip"
    assert report.levels["database"] == "ok"
    assert bucket.asked.total() == 0


def test_a_port_that_a_stranger_holds_is_bad(doctor: Doctor, bucket: Bucket) -> None:
    bucket.create(public=True)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        report = doctor(host="127.0.0.1", port=stranger.getsockname()[1])
    assert "taken by another program" in report.faults["port"]
    assert "COLORMAPPER_PORT=" in report.faults["port"]


def test_a_disk_with_too_little_room_is_bad(doctor: Doctor, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=64 * 2**20) as disk:
        report = doctor("local", config=None, bucket=None, data_dir=disk)
    assert list(report.faults) == ["free disk"]
    assert "0.1 GiB are free" in report.faults["free disk"]


def test_a_damaged_model_is_bad(doctor: Doctor, tmp_path: Path) -> None:
    package = tmp_path / "data" / "models" / "kidney"
    package.mkdir(parents=True)
    (package / "rdf.yaml").write_text("name: kidney")
    report = doctor("local", config=None, bucket=None, default_model="kidney")
    assert list(report.faults) == ["model"]
    assert "the model kidney is damaged" in report.faults["model"]


def test_a_database_that_does_not_answer_is_bad_and_shows_no_password(doctor: Doctor) -> None:
    url = f"postgresql://muse:secret@127.0.0.1:{free_port()}/jobs"
    report = doctor("local", config=None, bucket=None, database_url=url)
    assert list(report.faults) == ["database"]
    assert "pg_isready -h 127.0.0.1" in report.faults["database"]
    assert "secret" not in report.stdout
    assert report.levels["publishing"] == "skip"


def test_an_unknown_mode_is_a_mistake_of_usage(doctor: Doctor) -> None:
    assert doctor("production").code == 2
