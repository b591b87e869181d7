"""Whose credentials are used: a key file's, an attached account's, or nobody's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.settings import ROOT, ServeSettings
from app.stores import StoreRefused, StoreUnavailable
from app.stores.gcs_client import account, open_client
from cyclegan.errors import SettingsError
from tests.app.stores.conftest import Opener
from tests.app.stores.objects import KEY, put, read
from tests.bucket import Bucket
from tests.bucket_faults import Operation
from tests.google_machine import Machine, google_machine

TOKENS: frozenset[Operation] = frozenset({"other"})
"""Asking for a token is none of the bucket's operations."""
EMAIL = "attached@lab.iam.gserviceaccount.com"


@pytest.fixture
def cloud(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The bucket as the real one is: who asks must have credentials. There are none yet."""
    for name in bucket.environ:
        monkeypatch.delenv(name)
    monkeypatch.setenv("API_ENDPOINT_OVERRIDE", bucket.url)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    bucket.create("results")
    return bucket


def name_key_file(bucket: Bucket, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(bucket.key_file(folder)))


def test_without_credentials_nothing_is_opened(cloud: Bucket, gcs: Opener) -> None:
    with pytest.raises(SettingsError, match="there are no credentials") as caught:
        gcs()
    assert "gcloud auth application-default login" in str(caught.value)
    assert "gcloud compute instances set-service-account" in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "{}", "not json", '{"type": "service_account"}'])
def test_a_key_file_that_is_none_is_said_to_be_none(
    cloud: Bucket, gcs: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    path = tmp_path / "key.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match="GOOGLE_APPLICATION_CREDENTIALS") as caught:
        gcs()
    assert str(tmp_path) not in str(caught.value)


def test_a_key_file_opens_the_bucket(
    cloud: Bucket, gcs: Opener, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_key_file(cloud, tmp_path, monkeypatch)
    store = gcs()
    put(store, file)
    assert read(store) == file.read_bytes()


def test_the_account_of_a_key_file_is_known(
    cloud: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_key_file(cloud, tmp_path, monkeypatch)
    client = open_client(ServeSettings(store="gcs", bucket="results"))
    assert account(client) == "mapper@test.iam.gserviceaccount.com"


def test_a_withdrawn_key_is_refused(
    cloud: Bucket, gcs: Opener, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_key_file(cloud, tmp_path, monkeypatch)
    cloud.faults.refuse(400, "Invalid JWT Signature.", times=100, on=TOKENS)
    with pytest.raises(StoreRefused, match="does not accept the credentials"):
        put(gcs(), file)


def test_tokens_that_nobody_gives_out_now_are_unavailable(
    cloud: Bucket, gcs: Opener, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_key_file(cloud, tmp_path, monkeypatch)
    cloud.faults.cut(times=100, on=TOKENS)
    with pytest.raises(StoreUnavailable) as caught:
        put(gcs(), file)
    assert not isinstance(caught.value, StoreRefused)


def test_a_token_that_the_bucket_takes_no_more_is_refused(
    cloud: Bucket, gcs: Opener, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_key_file(cloud, tmp_path, monkeypatch)
    cloud.faults.refuse(401, "Invalid Credentials", times=100, on=frozenset({"look", "store"}))
    with pytest.raises(StoreRefused, match="refuses mapper@test"):
        put(gcs(), file)


def test_monthly_buckets_need_a_project(
    cloud: Bucket, gcs: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {
        "type": "authorized_user",
        "client_id": "1",
        "client_secret": "2",
        "refresh_token": "3",
    }
    (tmp_path / "login.json").write_text(json.dumps(login))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "login.json"))
    with pytest.raises(SettingsError, match="GOOGLE_CLOUD_PROJECT"):
        gcs(layout="bucket-per-month")


@pytest.fixture
def machine(cloud: Bucket, tmp_path: Path) -> Iterator[Machine]:
    with google_machine(tmp_path, EMAIL) as machine:
        cloud.keys[EMAIL] = machine.key.public_key()
        yield machine


SERVICE = """
import sys
from pathlib import Path
from app.settings import ServeSettings
from app.stores import StoreUnavailable, open_store
store = open_store(ServeSettings(store="gcs", bucket="results", links="signed"))
try:
    store.put(sys.argv[1], Path(sys.argv[2]), content_type="image/png", download_name="a.png")
    store.ensure_opens(sys.argv[1])
    print(store.fresh_link(sys.argv[1]))
except StoreUnavailable as error:
    print(f"{type(error).__name__}: {error}")
"""


def served(machine: Machine, file: Path) -> str:
    """What a service on the machine says that puts a file and signs its link."""
    environ = {key: value for key, value in os.environ.items() if key != "NO_GCE_CHECK"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SERVICE, KEY, str(file)],
        cwd=ROOT,
        env=environ | machine.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.strip()


def test_an_attached_account_needs_no_key_file(machine: Machine, file: Path) -> None:
    link = served(machine, file)
    assert requests.get(link, timeout=10).content == file.read_bytes()


def test_an_attached_account_that_may_not_sign_is_told_the_role(
    machine: Machine, file: Path
) -> None:
    machine.refusal = (403, "Permission 'iam.serviceAccounts.signBlob' denied on resource")
    assert served(machine, file).endswith(
        f"gcloud iam service-accounts add-iam-policy-binding {EMAIL} "
        f"--member=serviceAccount:{EMAIL} --role=roles/iam.serviceAccountTokenCreator"
    )


def test_signing_that_was_never_switched_on_is_told_as_that(machine: Machine, file: Path) -> None:
    machine.refusal = (403, "IAM Service Account Credentials API has not been used in project 1")
    assert served(machine, file).endswith("gcloud services enable iamcredentials.googleapis.com")


def test_a_refusal_names_the_attached_account(machine: Machine, cloud: Bucket, file: Path) -> None:
    cloud.denied.add("storage.objects.create")
    assert f"StoreRefused: gs://results refuses {EMAIL}" in served(machine, file)
