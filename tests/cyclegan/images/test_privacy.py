"""Nothing that a file says about people, places or machines reaches what is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from cyclegan.images import WRITERS, create_image, open_image
from tests.cyclegan.images.pictures import smooth
from tests.cyclegan.images.written import contents


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_metadata_of_the_input_is_not_written(kind: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x013B] = "SECRET-ARTIST"
    exif[0x8825] = {1: "N", 2: (47.0, 12.0, 1.0)}
    path = tmp_path / "a.jpg"
    Image.fromarray(smooth(20, 30)).save(path, exif=exif, xmp=b"<x>SECRET</x>", comment="SECRET")
    with (
        open_image(path) as reader,
        create_image(tmp_path / "b", kind=kind, height=20, width=30) as writer,
    ):
        writer.write(reader.read(0, 0, 20, 30))
    assert b"SECRET" in path.read_bytes()
    assert b"SECRET" not in b"".join(contents(tmp_path / "b").values())
