"""Samples of a field."""

import numpy as np

from cyclegan.evaluate.look import COLOURS, PATCHES, look_at, pooled_colours, pooled_textures
from cyclegan.phantom import grow
from cyclegan.stains import render
from tests.cyclegan.evaluate.pictures import flat


def test_white_has_neither_colours_nor_textures() -> None:
    look = look_at(flat(300, 300, 250))
    assert look.colours.shape == (0, 3)
    assert len(look.textures) == 0


def test_only_tissue_is_sampled() -> None:
    he = flat(256, 512, 255)
    he[:, :256] = (200, 100, 150)
    look = look_at(he)
    assert (look.colours == (200, 100, 150)).all()
    assert len(look.textures) == 4


def test_samples_are_bounded_however_large_a_field_is() -> None:
    tissue = grow(560, 640)
    look = look_at(render(tissue.nuclear, tissue.counterstain))
    assert len(look.colours) == COLOURS
    assert 8 <= len(look.textures) <= PATCHES
    many = [look] * 60
    assert len(pooled_colours(many)) == 20_000
    assert len(pooled_textures(many)) == 512


def test_looks_of_nothing_pool_to_nothing() -> None:
    nothing = look_at(flat(9, 9, 255))
    assert pooled_colours([]).shape == pooled_colours([nothing]).shape == (0, 3)
    assert len(pooled_textures([])) == len(pooled_textures([nothing])) == 0


def test_a_small_field_has_colours_without_texture() -> None:
    look = look_at(np.full((60, 60, 3), 120, np.uint8))
    assert len(look.colours) == 3600
    assert len(look.textures) == 0
