"""A model beside two that need no learning, and what is written of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile
from PIL import Image

from cyclegan.engines.engine import Batch, Room, Watch
from cyclegan.engines.identity import IdentityEngine
from cyclegan.errors import ColorMapperError, ImageError, SettingsError
from cyclegan.evaluate import FIELD_METRICS, METRICS, SET_METRICS
from cyclegan.evaluate.document import to_document
from cyclegan.evaluate.evaluation import Evaluation, Evaluator
from cyclegan.evaluate.page import to_page
from cyclegan.evaluate.pairs import Pair
from cyclegan.evaluate.report import Report
from cyclegan.evaluate.table import groups_of, to_text, truths
from cyclegan.images.image import Pixels, Reader
from cyclegan.models.catalogue import BUILT_IN
from cyclegan.phantom import grow
from cyclegan.simulate import simulate
from cyclegan.slide_stain import SlideStain, redraw, stain_of
from cyclegan.stains import render
from tests.cyclegan.arrays import noise

DOCS = Path(__file__).resolve().parents[3] / "docs" / "evaluation.md"


class Fails(IdentityEngine):
    """Gives up when it is given a patch."""

    def prepare(self, reader: Reader, room: Room, watch: Watch) -> Fails:
        return self

    def __call__(self, batch: Batch) -> Batch:
        raise ColorMapperError("it gave up")


def he(seed: int) -> Pixels:
    tissue = grow(180, 200, seed=seed)
    return render(tissue.nuclear, tissue.counterstain)


def save(pixels: Pixels, path: Path) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def evaluator(
    folder: Path,
    model: str = "identity",
    *,
    with_truth: bool = True,
    stain: SlideStain | None = None,
) -> Evaluator:
    room = Room(folder)
    return Evaluator(
        BUILT_IN[model], IdentityEngine(), room=room, with_truth=with_truth, stain=stain
    )


@cache
def found() -> Evaluation:
    """The identity on an image with its truth and on one without, beside two real ones."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        work = evaluator(folder)
        for seed in range(2):
            work.add_reference(save(he(seed), folder / f"real{seed}.png"))
        truth = save(he(5), folder / "truth.png")
        muse = save(simulate(he(5)).muse, folder / "<b>.png")
        work.add(Pair("<b>.png", muse, truth))
        work.add(Pair("c.png", save(simulate(he(6)).muse, folder / "c.png"), None))
        return work.finish()


def test_the_model_stands_beside_both_baselines() -> None:
    assert found().translations == ["identity", "colour-mapping", "inverted"]
    assert [(image.name, image.has_truth) for image in found().images] == [
        ("<b>.png", True),
        ("c.png", False),
    ]


def test_colour_mapping_is_not_its_own_baseline(tmp_path: Path) -> None:
    assert evaluator(tmp_path, "colour-mapping").finish().translations == [
        "colour-mapping",
        "inverted",
    ]


def test_the_same_code_measures_all() -> None:
    scores = found().scores
    assert all(set(scores[name]) == set(METRICS) for name in found().translations)
    assert scores["inverted"]["input_ssim"] == pytest.approx(1)
    assert scores["identity"]["clipped"] == 0
    best = max(found().translations, key=lambda name: scores[name]["ssim"] or 0)
    assert best == "colour-mapping"


def test_truths_are_counted_where_they_are() -> None:
    with_truth, without = (image.scores["colour-mapping"] for image in found().images)
    keys = {key for key, metric in FIELD_METRICS.items() if metric.needs == "truth"}
    assert all(with_truth[key] is not None and without[key] is None for key in keys)
    assert found().scores["colour-mapping"]["ssim"] == with_truth["ssim"]


def test_real_images_give_distances_and_floors() -> None:
    assert found().reference == 2
    assert set(found().floors) == set(SET_METRICS)
    assert found().floors["hue_distance"] is not None


def test_without_real_images_there_are_no_distances(tmp_path: Path) -> None:
    work = evaluator(tmp_path)
    work.add(Pair("a.png", save(noise(30, 30), tmp_path / "a.png"), None))
    done = work.finish()
    assert {done.scores["identity"][key] for key in SET_METRICS} == {None}
    assert set(done.floors.values()) == {None}


def test_a_truth_of_another_size_is_refused(tmp_path: Path) -> None:
    work = evaluator(tmp_path)
    pair = Pair(
        "a.png", save(noise(30, 40), tmp_path / "a.png"), save(noise(30, 41), tmp_path / "t.png")
    )
    with pytest.raises(ImageError, match=r"its truth t.png has 41 x 30 px and the image 40 x 30"):
        work.add(pair)


def test_deep_h_and_e_is_refused_rather_than_stretched(tmp_path: Path) -> None:
    deep = tmp_path / "deep.tif"
    tifffile.imwrite(deep, noise(30, 40).astype(np.uint16) * 257, photometric="rgb")
    work = evaluator(tmp_path)
    with pytest.raises(ImageError, match=r"^this H&E has 16 bits per sample, .*; save it with 8"):
        work.add_reference(deep)
    pair = Pair("a.png", save(noise(30, 40), tmp_path / "a.png"), deep)
    with pytest.raises(ImageError, match=r"^its truth deep\.tif has 16 bits per sample"):
        work.add(pair)
    assert (work.images, work.finish().reference) == ([], 0)
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "deep.tif"}


def test_a_truth_has_the_pixels_of_its_input_whatever_its_file_says(tmp_path: Path) -> None:
    for name, dpi in (("a.png", 25400), ("t.png", 50800)):
        Image.fromarray(noise(30, 40)).save(tmp_path / name, dpi=(dpi, dpi))
    card = replace(BUILT_IN["identity"], spacing_um=1.0)
    work = Evaluator(card, IdentityEngine(), room=Room(tmp_path), with_truth=True)
    measured = work.add(Pair("a.png", tmp_path / "a.png", tmp_path / "t.png"))
    assert measured.spacing_um == pytest.approx(1)


def test_in_one_stain_a_truth_is_told_from_its_image_by_content_alone(tmp_path: Path) -> None:
    truth = he(5)
    own = stain_of(truth)
    painted = replace(own, tops=(1.6 * own.tops[0], 0.7 * own.tops[1]))
    image = save(redraw(truth, own, painted), tmp_path / "image.png")
    pair = Pair("image.png", image, save(truth, tmp_path / "truth.png"))
    error = {}
    for stain in (None, painted):
        work = evaluator(tmp_path, stain=stain)
        work.add(pair)
        error[stain] = work.finish().scores["identity"]["mae"]
    plain, content = error[None], error[painted]
    assert plain is not None
    assert content is not None
    assert plain > 10
    assert content < 1


def test_of_an_image_that_fails_nothing_is_counted(tmp_path: Path) -> None:
    card = BUILT_IN["identity"]
    work = Evaluator(card, Fails(), room=Room(tmp_path), with_truth=False)
    with pytest.raises(ColorMapperError, match="it gave up"):
        work.add(Pair("a.png", save(noise(30, 30), tmp_path / "a.png"), None))
    done = work.finish()
    assert (done.images, done.extremes.best) == ([], [])
    assert {value for scores in done.scores.values() for value in scores.values()} == {None}
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_progress_ends_with_the_last_field(tmp_path: Path) -> None:
    told: list[float] = []
    pair = Pair("a.png", save(noise(4, 2100), tmp_path / "a.png"), None)
    evaluator(tmp_path).add(pair, Watch(on_progress=told.append))
    assert told == pytest.approx([1 / 3, 2 / 3, 1])


def test_patches_are_ranked_by_the_truth_or_else_by_the_input(tmp_path: Path) -> None:
    assert found().ranked_by == "ssim"
    assert evaluator(tmp_path, with_truth=False).finish().ranked_by == "edge_correlation"


def test_the_table_has_a_line_for_each_metric_that_could_be_measured() -> None:
    text = to_text(found())
    scores = found().scores.values()
    measured = {key for key in METRICS if any(score[key] is not None for score in scores)}
    assert {key for key in METRICS if f"  {METRICS[key].title} (" in text} == measured
    assert "ssim" in measured
    assert "seam_index" not in measured  # these images are one tile
    assert "real/real" in text


def test_the_better_of_the_models_is_marked_and_the_trivial_one_never() -> None:
    rows = {row.key: row for group in groups_of(found()) for row in group.rows}
    assert rows["ssim"].best == [False, True, False]
    assert rows["edge_correlation"].best == [True, False, False]
    assert not any(row.best[2] for row in rows.values())


@pytest.mark.parametrize(
    ("has_truth", "said"),
    [
        ([True, False], "1 of 2 images has a truth; what needs one is measured there alone."),
        (
            [True, False, True],
            "2 of 3 images have a truth; what needs one is measured there alone.",
        ),
        ([True], "Every image has a truth."),
        ([False, False], "No image has a truth."),
    ],
)
def test_how_many_images_have_a_truth_is_said_in_a_sentence(
    has_truth: list[bool], said: str
) -> None:
    one = found().images[0]
    images = [replace(one, has_truth=has) for has in has_truth]
    assert truths(replace(found(), images=images)) == said


def test_the_page_and_the_terminal_say_at_the_top_how_many_images_have_a_truth() -> None:
    said = truths(found())
    assert to_text(found()).startswith(f"{said}\n\n")
    page = to_page(found(), {})
    assert 0 < page.index(said) < page.index("<table")


def test_the_document_says_all_that_its_description_says() -> None:
    document = json.loads(to_document(found(), {"in/d.png": "it is damaged"}))
    described = set(re.findall(r"^\| `([^`]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    keys = {key for key in document if key != "version"} | {"version"}
    keys |= {f"reference.{key}" for key in document["reference"]} - {"reference"}
    keys |= {f"model.{key}" for key in document["model"]}
    keys |= {f"images[].{key}" for key in document["images"][0]}
    keys |= {f"metrics.KEY.{key}" for key in document["metrics"]["ssim"]}
    assert keys - {"reference", "model", "images", "metrics"} <= described
    assert document["scores"]["identity"]["ssim"] == found().scores["identity"]["ssim"]
    assert document["failures"] == {"in/d.png": "it is damaged"}


def test_every_metric_has_a_line_in_the_docs() -> None:
    lines = re.findall(r"^\| `(\w+)` \|([^|]*)\|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    units = {key: unit.strip() for key, unit in lines}
    assert {key: units.get(key) for key in METRICS} == {key: m.unit for key, m in METRICS.items()}


class Tags(HTMLParser):
    """The tags of a page, and the words between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_needs_nothing_but_itself() -> None:
    page = to_page(found(), {})
    tags = Tags(page).tags
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in tags}
    links = [a.get("src") or a.get("href") for _, a in tags if "src" in a or "href" in a]
    assert links
    assert all(str(link).startswith(("data:image/jpeg;base64,", "#")) for link in links)
    assert "http" not in re.sub(r'http-equiv="|data:[^"]*', "", page)
    assert len(page) < 2_000_000


def test_every_link_of_the_page_leads_to_a_place_of_it() -> None:
    tags = Tags(to_page(found(), {})).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(a["href"])[1:] for tag, a in tags if tag == "a"} <= set(ids)


def test_every_picture_is_described() -> None:
    pictures = [a for tag, a in Tags(to_page(found(), {})).tags if tag == "img"]
    described = [str(picture["alt"]) for picture in pictures]
    assert len(set(described)) == len(described) >= 3
    assert described[0].startswith("Input of ")


def test_names_are_shown_as_they_are() -> None:
    page = to_page(found(), {"in/<i>.png": "it is <no> image"})
    assert "<b>.png" not in page
    assert {"<b>.png", "in/<i>.png: it is <no> image"} <= {
        line.strip() for line in Tags(page).words.splitlines()
    }


@pytest.mark.parametrize("one_stain", [True, False])
def test_words_of_the_page_do_not_run_together(*, one_stain: bool) -> None:
    sampled = replace(found().images[0], height=5000, width=5000, fields=16, measured_px=16_750_000)
    large = replace(found(), images=[sampled], one_stain=one_stain)
    words = " ".join(Tags(to_page(large, {})).words.split())
    assert ("all translations alike. Color Mapper" in words) == one_stain
    assert "by its making. The better of the others is in bold. These numbers tell" in words
    assert "5000 x 5000 px, 16 fields with 67 % of it" in words
    assert "16.8 megapixels measured, beside 2 files of real H&E. Every image has" in words


def test_a_report_is_a_page_and_a_document_beside_it(tmp_path: Path) -> None:
    report = Report(tmp_path / "new" / "a.html")
    assert list((tmp_path / "new").iterdir()) == []
    report.write(page="<p>", document="{}")
    files = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
    assert files == {"a.html": "<p>", "a.json": "{}"}


def test_a_report_that_cannot_be_encoded_leaves_no_half(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        Report(tmp_path / "a.html").write(page="\udcff", document="{}")
    assert list(tmp_path.iterdir()) == []


def test_where_no_report_can_be_written_is_said_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.html").mkdir()
    for place, said in (
        ("a.txt", "end it with .html"),
        ("file/a.html", "a.html cannot be written: .*; choose another place"),
        ("folder.html", "folder.html is a folder"),
    ):
        with pytest.raises(SettingsError, match=said):
            Report(tmp_path / place)


def test_a_report_that_is_there_is_kept_until_the_new_one_is_complete(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("old")
    Report(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == "old"
