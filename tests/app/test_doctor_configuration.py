"""What the doctor makes of settings that cannot be used as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.diagnosis.configuration import Configuration, read_configuration

GCS = "store: gcs\nbucket: lab-muse\nlinks: public\n"
KEY = "k" * 32


def read(folder: Path, content: str, **environ: str) -> Configuration:
    """That of a file with the content, and of the environment."""
    file = folder / "serve.yaml"
    file.write_text(content)
    given = {f"COLORMAPPER_{name.upper()}": value for name, value in environ.items()}
    return read_configuration({"COLORMAPPER_CONFIG": str(file), **given}, mode=None)


@pytest.mark.parametrize(
    ("content", "environ", "mode"),
    [
        ("", {}, "local"),
        (GCS, {"secret_key": KEY}, "server"),
        (GCS, {}, "server"),
        (f"secret_key: {KEY}", {}, "server"),
        ("store: gcs", {"store": "local"}, "local"),
    ],
)
def test_the_mode_is_that_for_which_the_settings_are_made(
    tmp_path: Path, content: str, environ: dict[str, str], mode: str
) -> None:
    assert read(tmp_path, content, **environ).settings.mode == mode


@pytest.mark.parametrize(
    "content",
    [
        f"{GCS}buket: lab-muse",
        f"{GCS}port: 99999",
        f"{GCS}workers: many",
        f"{GCS}trusted_hosts: [a.example, b.example]\nport: x",
    ],
)
def test_one_wrong_line_leaves_the_store_as_it_is_given(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content, secret_key=KEY)
    assert found.finding.level == "bad"
    assert found.is_store_given
    assert (found.settings.bucket, found.settings.links) == ("lab-muse", "public")


@pytest.mark.parametrize(
    "content",
    [GCS.replace("lab-muse", "Lab_Muse"), GCS.replace("public", "open"), "links: public"],
)
def test_a_wrong_store_is_not_taken_for_another(tmp_path: Path, content: str) -> None:
    assert not read(tmp_path, content, secret_key=KEY).is_store_given


def test_two_wrong_lines_leave_where_things_lie(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    found = read(tmp_path, f"data_dir: {folder}\nport: x\nworkers: x\ntile: 256")
    assert found.settings.data_dir == folder
    assert found.settings.port == 5000


@pytest.mark.parametrize("content", ["a: [", "- a", "just words", "mode: server", "a: !!x y"])
def test_a_file_that_cannot_be_used_is_bad_and_no_more(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content, data_dir=str(tmp_path))
    assert found.finding.level == "bad"
    assert found.settings.data_dir == tmp_path


def test_a_file_that_is_not_there_is_bad_and_no_more(tmp_path: Path) -> None:
    found = read_configuration({"COLORMAPPER_CONFIG": str(tmp_path / "no.yaml")}, mode="local")
    assert found.finding.text == "the settings file no.yaml does not exist"


def test_the_secret_key_is_never_shown(tmp_path: Path) -> None:
    found = read(tmp_path, GCS, secret_key="short but secret")  # noqa: S106
    assert "short but" not in found.finding.line()
