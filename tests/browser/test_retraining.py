"""The way of an image from a reviewer's key to the set that the next model is trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from scripts.collect_reviewed import main as collect_reviewed
from tests.app.pyramids import finish_with_pictures
from tests.browser.unattended import Unattended
from tests.cyclegan.train.tiny import document, make_images
from tests.running import noise


@pytest.mark.usefixtures("late_tiles")
def test_what_was_accepted_by_the_keyboard_is_what_the_next_model_is_trained_on(
    page: Page, desk: Unattended, folder: Path
) -> None:
    names = ("a.png", "bb.png", "ccc.png")  # as long as their noise is another
    jobs = [desk.send(name) for name in names]
    for _ in jobs:
        finish_with_pictures(desk.services, folder, before=noise(61, 67, 1), after=noise(61, 67, 2))
    page.goto(f"{desk.url}/review")
    for name, key in zip(names, "ara", strict=True):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        page.keyboard.press(key)
    expect(page.get_by_text("Nothing left to review")).to_be_visible()

    base, out = folder / "base.yaml", folder / "set"
    base.write_text(yaml.safe_dump(document(make_images(folder / "old"), "cyclegan")))
    environ = {"COLORMAPPER_DATA_DIR": str(desk.services.settings.data_dir)}
    options = ["--out", str(out), "--base", str(base), "--model", "muse2he"]
    done = CliRunner().invoke(collect_reviewed, options, env=environ)
    assert done.exit_code == 0, done.output
    manifest = json.loads((out / "manifest.json").read_text())
    taken = [*manifest["training"], *manifest["held_out"]]
    assert {one["sha256"] for one in taken} == {jobs[0].input_sha256, jobs[2].input_sha256}
    assert all((out / part["path"]).is_file() for one in taken for part in one["files"])
    assert yaml.safe_load((out / "retrain.yaml").read_text())["warm_start"]
