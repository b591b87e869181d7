"""Differences in nuclei."""

import pytest
import torch
from torch import Tensor

from cyclegan.engines.tensors import to_tensor
from cyclegan.stains import Floats, render
from cyclegan.train.nuclear import blurred_haematoxylin, nuclear_contrast, nuclei


def drawn(nuclear: Floats) -> Tensor:
    """H&E of some nuclear stain on even eosin."""
    pixels = render(nuclear, nuclear * 0 + 0.4)
    return to_tensor(pixels[None], torch.device("cpu"))


def spots(*, shift: int = 0, strength: float = 1.0) -> Tensor:
    """A field with a nucleus of 8 px every 32 px."""
    field = torch.zeros(64, 64)
    for y in (8, 40):
        for x in (8, 40):
            field[y : y + 8, x + shift : x + shift + 8] = strength
    return drawn(field.numpy())


def test_equal_images_do_not_differ() -> None:
    assert nuclei(spots(), spots()) == 0
    assert blurred_haematoxylin(spots(), spots()) == 0
    assert nuclear_contrast(spots(), spots()) == 0


def test_a_nucleus_invented_costs_as_much_as_one_missed() -> None:
    without = spots(strength=0)
    missed, invented = nuclei(without, spots()), nuclei(spots(), without)
    assert float(missed) == pytest.approx(float(invented))
    assert missed > 0.02


def test_a_difference_in_a_nucleus_costs_more_than_one_beside_it() -> None:
    target = spots()
    inside, outside = target.clone(), target.clone()
    inside[..., 8:16, 8:16] += 0.1
    outside[..., 20:28, 20:28] += 0.1
    assert nuclei(inside, target) > 10 * nuclei(outside, target)


def test_colours_are_drawn_to_the_target_alone_not_to_where_they_count_less() -> None:
    output = spots(strength=0.3).requires_grad_()
    nuclei(output, spots(strength=0)).backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    nucleus = output.grad[0, :, 10:14, 10:14]
    # The same for all channels; what makes less haematoxylin of a colour differs between them.
    torch.testing.assert_close(nucleus, nucleus[:1].expand(3, -1, -1))


def test_a_small_shift_costs_blurred_haematoxylin_less_than_a_missing_nucleus() -> None:
    shifted = blurred_haematoxylin(spots(shift=1), spots())
    assert shifted < blurred_haematoxylin(spots(strength=0), spots()) / 3


def test_less_haematoxylin_costs_in_proportion() -> None:
    target, none = spots(), spots(strength=0)
    half = blurred_haematoxylin(spots(strength=0.5), target)
    assert float(half) == pytest.approx(float(blurred_haematoxylin(none, target)) / 2, rel=0.05)


def test_a_nucleus_stands_out_and_an_even_veil_does_not() -> None:
    none = spots(strength=0)
    veiled = drawn(torch.full((64, 64), 0.5).numpy())
    assert nuclear_contrast(spots(strength=0.5), none) > 20 * nuclear_contrast(veiled, none)


def test_a_grain_of_chromatin_costs_less_contrast_than_a_nucleus_of_as_much_stain() -> None:
    none = torch.zeros(64, 64)
    grains, nucleus = none.clone(), none.clone()
    grains[16:48:4, 16:48:4] = 0.8  # far apart for grains, near for nuclei
    nucleus[28:36, 28:36] = 0.8
    blank = drawn(none.numpy())
    grainy, whole = drawn(grains.numpy()), drawn(nucleus.numpy())
    assert nuclear_contrast(grainy, blank) < nuclear_contrast(whole, blank) / 2


def test_gradients_darken_a_nucleus_that_is_missed() -> None:
    output = spots(strength=0.2).requires_grad_()
    nuclear_contrast(output, spots()).backward()  # type: ignore[no-untyped-call]
    assert output.grad is not None
    assert (output.grad[0, 0, 10:14, 10:14] > 0).all()  # less red is more haematoxylin
