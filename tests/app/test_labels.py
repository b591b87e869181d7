"""Names that clients send, made safe."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.labels import LONGEST, derived_name, input_name, safe_label


@pytest.mark.parametrize(
    ("filename", "label"),
    [
        ("kidney.png", "kidney.png"),
        ("Niere 3, links (1).TIF", "Niere 3, links (1).TIF"),
        ("日本.tif", "日本.tif"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\kidney.png", "kidney.png"),
        ("/", "image"),
        ("....", "image"),
        (".hidden.png", "hidden.png"),
        ("", "image"),
        (None, "image"),
        ("   ", "image"),
        ("a\0b\r\nc.png", "ab c.png"),
        ("say \"hi\" 'you'.png", "say _hi_ _you_.png"),
        ("<b>&amp;.png", "_b__amp_.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\u200bb\ufeff.png", "ab.png"),
        ("CON", "_CON"),
        ("nul.png", "_nul.png"),
        ("console.png", "console.png"),
        ("e\u0301.png", "é.png"),
        ("\ud800.png", "png"),
    ],
)
def test_a_label_is(filename: str | None, label: str) -> None:
    assert safe_label(filename) == label


def test_a_long_name_is_cut_before_its_suffix() -> None:
    label = safe_label("k" * 300 + ".ome.tif")
    assert (len(label), label[-9:]) == (LONGEST, "k.ome.tif")


@given(st.text())
def test_a_label_is_never_empty_never_long_and_shows_what_it_is(filename: str) -> None:
    label = safe_label(filename)
    assert 0 < len(label) <= LONGEST
    assert label == label.strip()
    assert all(unicodedata.category(letter)[0] != "C" for letter in label)
    assert not re.search(r"""[/\\"'<>]""", label)
    assert label not in {".", ".."}


@given(st.text())
def test_a_label_of_a_label_is_itself(filename: str) -> None:
    assert safe_label(safe_label(filename)) == safe_label(filename)


@pytest.mark.parametrize(
    ("label", "ending", "name"),
    [
        ("kidney.png", "-he.tif", "kidney-he.tif"),
        ("kidney.png", "-he.png", "kidney-he.png"),
        ("kidney.ome.tiff", "-he.tif", "kidney-he.tif"),
        ("kidney", "-he.tif", "kidney-he.tif"),
        ("v1.2", "-he.tif", "v1.2-he.tif"),
        (".png", "-he.tif", "image-he.tif"),
    ],
)
def test_a_result_is_named_after_its_input(label: str, ending: str, name: str) -> None:
    assert derived_name(label, ending) == name


@pytest.mark.parametrize(
    ("label", "suffix", "name"),
    [
        ("kidney.png", ".png", "kidney.png"),
        ("kidney.JPEG", ".jpg", "kidney.JPEG"),
        ("kidney.ome.tif", ".tif", "kidney.ome.tif"),
        ("kidney.png", ".jpg", "kidney.jpg"),
        ("trick.exe", ".png", "trick.exe.png"),
        ("kidney", ".tif", "kidney.tif"),
    ],
)
def test_an_input_is_saved_with_the_suffix_of_its_content(
    label: str, suffix: str, name: str
) -> None:
    assert input_name(label, suffix) == name
