"""The commands of the containers, run without containers: from what is copied, as written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests
import yaml

from app.settings import ROOT
from tests.dockerfiles import Stage, copy_as_told, read_dockerfile
from tests.running import PATIENCE_S, Running, eventually, free_port, noise, png

KEY = "0123456789abcdef" * 4
DEPLOY = ROOT / "deploy"
IMAGE = read_dockerfile(ROOT / "Dockerfile")[-1]
BUCKET = read_dockerfile(DEPLOY / "bucket.Dockerfile")[-1]
PICTURE = png(noise(61, 83, seed=5))


def on_this_machine(command: list[str]) -> list[str]:
    """The command with the programs of our virtual environment."""
    return [str(Path(sys.executable).with_name(command[0])), *command[1:]]


class Contained(Running):
    """The service as the image holds and starts it, in a folder instead of a container."""

    def __init__(
        self, folder: Path, data: Path, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        super().__init__(data, "server", environ=environ, host="127.0.0.1", secret_key=KEY)

    def launch(self) -> subprocess.Popen[bytes]:
        """The ENTRYPOINT."""
        self.environ = IMAGE.environ | self.environ
        with (self.data.parent / "service.log").open("ab") as log:
            return subprocess.Popen(
                on_this_machine(IMAGE.command("ENTRYPOINT")),
                cwd=self.folder,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def health(self) -> int:
        """The exit code of the HEALTHCHECK."""
        return subprocess.run(
            on_this_machine(IMAGE.command("HEALTHCHECK")),
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            check=False,
        ).returncode


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the image: what is copied into it, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    copy_as_told(IMAGE, ROOT, folder)
    (built,) = [copied for copied in IMAGE.copies if copied.stage is not None]
    shutil.copytree(ROOT / built.target, folder / built.target)
    return folder


@pytest.fixture
def contained(image: Path, tmp_path: Path) -> Iterator[Contained]:
    running = Contained(image, tmp_path / "data")
    yield running
    running.kill()


def test_what_the_image_holds_is_enough_for_the_way_of_an_image(contained: Contained) -> None:
    document = contained.finish(contained.submit(PICTURE, model="colour-mapping"))
    assert document["state"] == "done", contained.log()
    assert contained.fetch(document["links"]["result"])


def test_the_pages_of_the_image_find_all_their_files(contained: Contained) -> None:
    page = contained.fetch("/").decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert files
    assert {requests.get(contained.url + f, timeout=PATIENCE_S).status_code for f in files} == {200}


def test_the_container_is_healthy_until_it_is_asked_to_end(contained: Contained) -> None:
    assert contained.health() == 0
    contained.supervisor.terminate()
    assert contained.supervisor.wait(PATIENCE_S) == 0
    assert contained.health() == 1


def test_the_health_of_a_container_does_not_depend_on_the_names_that_people_use(
    image: Path, tmp_path: Path
) -> None:
    running = Contained(image, tmp_path / "data")
    try:
        running.stop()
        running.environ["COLORMAPPER_TRUSTED_HOSTS"] = "muse.example.org"
        running.supervisor = running.launch()
        eventually(lambda: running.health() == 0)
    finally:
        running.kill()


class Bucket:
    """The emulator as its image starts it, on a port and in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._stage_port = BUCKET.last("EXPOSE")
        self._process = subprocess.Popen(self._here(BUCKET, "ENTRYPOINT"))

    def _here(self, stage: Stage, word: str) -> list[str]:
        places = {self._stage_port: str(self.port), "/bucket": str(self._folder)}
        places["0.0.0.0"] = "127.0.0.1"  # noqa: S104 - only here, not in its container
        command = on_this_machine(stage.command(word))
        for there, here in places.items():
            command = [command[0], *(w.replace(there, here) for w in command[1:])]
        return command

    def is_healthy(self) -> bool:
        """What the HEALTHCHECK says."""
        command = self._here(BUCKET, "HEALTHCHECK")
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def objects(self, name: str) -> list[str]:
        """The names of all objects in a bucket."""
        answer = requests.get(f"{self.url}/storage/v1/b/{name}/o", timeout=PATIENCE_S)
        return [item["name"] for item in answer.json().get("items", [])]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    emulator = Bucket(tmp_path / "bucket")
    eventually(emulator.is_healthy)
    yield emulator
    emulator.stop()


def composed(bucket: Bucket) -> dict[str, str]:
    """The variables that compose gives the service, with this machine's address of the bucket."""
    file = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    environ: dict[str, str] = file["services"]["app"]["environment"]
    return environ | {"STORAGE_EMULATOR_HOST": bucket.url, "COLORMAPPER_SECRET_KEY": KEY}


def test_a_result_goes_to_the_bucket_of_compose_and_its_link_opens_outside(
    image: Path, bucket: Bucket, tmp_path: Path
) -> None:
    environ = composed(bucket)
    service = Contained(image, tmp_path / "data", environ=environ)
    try:
        document = service.finish(service.submit(PICTURE))
        assert document["state"] == "done", service.log()
        kept = bucket.objects(environ["COLORMAPPER_BUCKET"])
        assert [name for name in kept if name.endswith("/result.tif")]
        assert service.fetch(document["links"]["result"])
    finally:
        service.kill()
