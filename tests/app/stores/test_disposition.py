"""What browsers are told to do with a file, and its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from app.stores.disposition import disposition


@pytest.mark.parametrize(
    ("content_type", "way"),
    [
        ("image/png", "inline"),
        ("image/jpeg", "inline"),
        ("application/json", "inline"),
        ("image/tiff", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_browsers_show_what_they_can_and_save_the_rest(content_type: str, way: str) -> None:
    assert disposition("a.x", content_type) == f'{way}; filename="a.x"'


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("日本語.png", "filename=\"___.png\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E.png"),
        ('a"b\\c.png', "filename=\"a_b_c.png\"; filename*=UTF-8''a%22b%5Cc.png"),
        ("a%20b.png", "filename=\"a_20b.png\"; filename*=UTF-8''a%2520b.png"),
        ("a\r\nSet-Cookie: b.png", 'filename="aSet-Cookie: b.png"'),
        ("\u202egnp.exe", 'filename="gnp.exe"'),
    ],
)
def test_odd_names_are_written_twice_and_harm_nothing(name: str, header: str) -> None:
    assert disposition(name, "image/png") == f"inline; {header}"


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1))
def test_every_name_is_read_back(name: str) -> None:
    way, options = parse_options_header(disposition(name, "image/tiff"))
    assert (way, options["filename"]) == ("attachment", name)


@given(st.text())
def test_every_name_makes_one_line_of_ascii(name: str) -> None:
    header = disposition(name, "image/tiff")
    assert header.isascii()
    assert header.isprintable()
