"""The front-end packages: pinned, copied once, and said so when they cannot be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.settings import ROOT
from scripts import vendor


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder like `app/` in which npm has done its work."""
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "static").mkdir()
    for package, patterns in vendor.SERVED.items():
        for pattern in patterns:
            file = tmp_path / "node_modules" / package / pattern.replace("*", "some")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(package)
    return tmp_path


def test_served_files_are_copied_and_nothing_else(app: Path) -> None:
    (app / "node_modules" / "bootstrap" / "index.html").write_text("not served")
    vendor.copy_served(app)
    copied = {str(p.relative_to(app / "static" / "vendor")) for p in app.rglob("vendor/**/*.*")}
    assert "bootstrap/dist/css/bootstrap.min.css" in copied
    assert "bootstrap/index.html" not in copied


def test_every_package_comes_with_its_licence() -> None:
    for patterns in vendor.SERVED.values():
        assert {"LICENSE", "LICENSE.txt"} & set(patterns)


def test_a_copy_is_current_until_the_lock_file_changes(app: Path) -> None:
    assert not vendor.is_current(app)
    vendor.copy_served(app)
    assert vendor.is_current(app)
    (app / "package-lock.json").write_text('{"changed": true}')
    assert not vendor.is_current(app)


def test_a_current_copy_needs_no_network(app: Path) -> None:
    vendor.copy_served(app)
    done = CliRunner().invoke(vendor.main, ["--app", str(app)])
    assert (done.exit_code, done.output) == (0, "")


def test_an_old_file_does_not_stay_in_a_new_copy(app: Path) -> None:
    vendor.copy_served(app)
    (app / "static" / "vendor" / "old.js").write_text("")
    vendor.copy_served(app)
    assert not (app / "static" / "vendor" / "old.js").exists()


def test_a_failing_npm_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"bootstrap": "5.3.8"}}')
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    done = CliRunner().invoke(vendor.main, ["--app", str(tmp_path)])
    assert done.exit_code == 1
    assert "front-end packages could not be installed" in done.output


def test_a_missing_file_names_its_package(app: Path) -> None:
    (app / "node_modules" / "bootstrap" / "LICENSE").unlink()
    with pytest.raises(FileNotFoundError, match="the package bootstrap holds no LICENSE"):
        vendor.copy_served(app)


def test_packages_are_pinned_to_a_version_and_to_no_registry() -> None:
    wanted = json.loads((ROOT / "app" / "package.json").read_text())["dependencies"]
    lock = json.loads((ROOT / "app" / "package-lock.json").read_text())["packages"]
    assert set(wanted) == set(vendor.SERVED)
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert all("resolved" not in entry for entry in lock.values())
    assert all("integrity" in entry for path, entry in lock.items() if path)
