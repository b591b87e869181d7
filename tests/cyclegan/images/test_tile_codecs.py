from __future__ import annotations

import numpy as np
import pytest
from imagecodecs import deflate_decode, delta_decode, jpeg8_decode

from cyclegan.images.pyramid import whole_tile
from cyclegan.images.tile_codecs import TILE_CODECS, as_jpeg, deflated
from tests.cyclegan.images.pictures import noise, smooth


def test_deflate_keeps_every_bit() -> None:
    stored = np.frombuffer(deflate_decode(deflated(noise(256, 256))), np.uint8)
    assert (delta_decode(stored.reshape(256, 256, 3), axis=-2) == noise(256, 256)).all()


def test_a_jpeg_tile_is_a_jpeg_of_its_own_with_full_colour_resolution() -> None:
    encoded = as_jpeg(smooth(256, 256))
    assert encoded[:2] == b"\xff\xd8"
    frame = encoded.index(b"\xff\xc0")
    assert [encoded[frame + 11 + 3 * colour] for colour in range(3)] == [0x11] * 3
    assert np.abs(jpeg8_decode(encoded).astype(int) - smooth(256, 256)).max() <= 4


@pytest.mark.parametrize("name", TILE_CODECS)
def test_tiles_that_are_views_give_the_same_bytes(name: str) -> None:
    view = noise(300, 300)[20:276, 30:286]
    assert TILE_CODECS[name].encode(view) == TILE_CODECS[name].encode(view.copy())


def test_tiles_at_the_edge_repeat_the_last_pixels() -> None:
    first, last = (whole_tile(noise(100, width)) for width in (256, 44))
    assert first.shape == last.shape == (256, 256, 3)
    assert (first[100:] == first[99]).all()
    assert (last[:, 44:] == last[:, 43:44]).all()


def test_what_is_decoded_is_what_was_encoded() -> None:
    assert (TILE_CODECS["deflate"].decode(deflated(noise(256, 256))) == noise(256, 256)).all()
    assert (TILE_CODECS["jpeg"].decode(as_jpeg(smooth(64, 64))) - smooth(64, 64) + 4 <= 8).all()
