"""What the modules of a page are, read from their text."""

from __future__ import annotations

import re

import pytest

from app.pages.modules import FOLDER, imported

SCRIPTS = sorted(path.relative_to(FOLDER).as_posix() for path in (FOLDER / "js").rglob("*.js"))


def test_a_page_is_told_of_modules_that_its_modules_import() -> None:
    found = imported("js/viewer/page.js")
    assert {"js/dom.js", "js/viewer/pair.js", "js/viewer/scalebar.js"} < set(found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_import_of_our_own_is_overlooked(script: str) -> None:
    text = (FOLDER / script).read_text(encoding="utf-8")
    named = set(re.findall(r'"\.[./\w]*/(\w+\.js)"', text))
    assert named <= {name.rpartition("/")[2] for name in imported(script)}
    assert all((FOLDER / name).is_file() for name in imported(script))
