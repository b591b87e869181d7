"""The page of a training, opened as a file: no server, no scripts, for everybody."""

from __future__ import annotations

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from cyclegan.train.gallery import Gallery
from cyclegan.train.log import RunLog
from tests.browser.faults import Faults, listen


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a training with two losses, three pictures in a row, a warning and long words."""
    folder = tmp_path_factory.mktemp(
        "a-run-with-a-name-as-long-as-people-make-them-2026-11-20-seed-17"
    )
    (folder / "settings.yaml").write_text(f"folder: /data/{'kidney/' * 30}\n")
    log, gallery = RunLog(folder, step=0), Gallery(folder, step=0, steps=3000)
    for step in range(100, 1001, 100):
        log.add({"D_A": 1 / step, "D_B": 2 / step, "saliency": 3 / step})
        log.write(epoch=1, step=step, seconds=0.5, data_seconds=0.1)
        images = torch.full((2, 3, 256, 256), step / 1000 - 0.5)
        gallery.add(step, {"input": images, "translation": -images, "reconstruction": images})
    log.warn(700, "the discriminator's loss D_A is 0.0014 over an interval")
    log.close()
    gallery.write()
    return (folder / "index.html").as_uri()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1600, "dark")])
def test_the_page_of_a_training_is_for_everybody(
    browser: Browser, address: str, width: int, scheme: str, faults: Faults
) -> None:
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
    )
    page = listen(context.new_page(), faults)
    page.goto(address)
    page.locator("summary").click()
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = Axe().run(page)
    context.close()
    assert beyond <= 0
    assert found.violations_count == 0, found.generate_report()


def test_all_pictures_of_a_training_are_seen(
    browser: Browser, address: str, faults: Faults
) -> None:
    context = browser.new_context()
    page = listen(context.new_page(), faults)
    page.goto(address)
    widths = page.locator("img").evaluate_all(
        """images => Promise.all(images.map(async (image) => {
            image.loading = "eager";  // as if somebody had scrolled to it
            await image.decode();
            return image.naturalWidth;
        }))"""
    )
    context.close()
    assert widths == [256] * 60
