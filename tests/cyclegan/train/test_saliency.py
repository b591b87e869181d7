"""The saliency loss: it has a gradient, and the right sign."""

import pytest
import torch
from torch import Tensor

from cyclegan.networks import GENERATORS
from cyclegan.networks.initial import initialise
from cyclegan.train.saliency import SALIENCY, Saliency, Side, fitted, otsu, weight

kinds = pytest.mark.parametrize("kind", SALIENCY)
WHITE, VIOLET = (1.0, 1.0, 1.0), (-0.2, -0.5, 0.1)


def spots(structure: tuple[float, ...], background: tuple[float, ...]) -> Tensor:
    """Two squares on a background, (1, 3, 64, 64), with a little noise."""
    chance = torch.Generator().manual_seed(3)
    image = torch.tensor(background).view(1, 3, 1, 1).repeat(1, 1, 64, 64)
    for y, x in ((8, 8), (36, 30)):
        image[:, :, y : y + 16, x : x + 16] = torch.tensor(structure).view(1, 3, 1, 1)
    return (image + 0.02 * torch.randn(image.shape, generator=chance)).clamp(-1, 1)


GLOWING = spots((0.4, 0.4, 0.4), (-0.95, -0.95, -0.95))
STAINED = spots(VIOLET, WHITE)


def loss(kind: str, slope: float = 10) -> Saliency:
    return fitted(kind, GLOWING, STAINED, source_is_bright=True, slope=slope)


def gradients(kind: str, offset: float) -> list[Tensor]:
    """Of the weights of a new generator whose output lies around a grey level."""
    network = GENERATORS["ganilla"](8)
    initialise(network, torch.Generator().manual_seed(0))
    with torch.no_grad():
        dict(network.named_parameters())["conv2.bias"].fill_(offset)
    loss(kind)(GLOWING, network(GLOWING)).backward()  # type: ignore[no-untyped-call]
    return [weights.grad for weights in network.parameters() if weights.grad is not None]


@kinds
@pytest.mark.parametrize("offset", [-0.5, 0.0, 0.5])
def test_the_gradient_reaches_every_weight_of_a_new_generator(kind: str, offset: float) -> None:
    found = gradients(kind, offset)
    assert len(found) == len(list(GENERATORS["ganilla"](8).parameters()))
    assert all(one.isfinite().all() for one in found)
    # Of convolutions before a norm layer only rounding is left of the bias.
    assert all(one.abs().max() > 1e-9 for one in found if one.ndim == 4)


@kinds
def test_the_gradient_reaches_translations_of_stained_images_as_well(kind: str) -> None:
    drawn = torch.zeros(1, 3, 64, 64, requires_grad=True)
    loss(kind)(drawn, STAINED).backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None
    assert (drawn.grad.abs().amax(dim=1) > 0).all()


def test_a_hard_map_of_classes_has_no_gradient_at_all() -> None:
    drawn = torch.zeros(1, 3, 8, 8, requires_grad=True)
    centres = torch.tensor([-0.5, 0.5]).view(1, 2, 1, 1)
    classes = (drawn.mean(dim=1, keepdim=True) - centres).abs().argmin(dim=1)
    assert not classes.float().mean().requires_grad


@pytest.mark.parametrize(("slope", "is_felt"), [(10, True), (100, False)])
def test_a_steep_threshold_has_no_gradient_93_grey_levels_away(slope: float, is_felt: bool) -> None:
    drawn = torch.zeros(1, 3, 8, 8, requires_grad=True)
    sides = Side(70, is_bright=True), Side(220, is_bright=False)
    whole = Saliency(SALIENCY["brightness"], *sides, slope)
    whole(torch.full((1, 3, 8, 8), -0.99), drawn).backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None
    assert bool(drawn.grad.abs().max() > 0) == is_felt


@kinds
def test_a_translation_in_place_costs_far_less_than_one_turned_over(kind: str) -> None:
    swapped = spots(WHITE, VIOLET)
    assert loss(kind)(GLOWING, STAINED) < 0.1
    assert loss(kind)(GLOWING, swapped) > 0.9


@kinds
def test_training_on_it_alone_darkens_structures_and_brightens_the_rest(kind: str) -> None:
    drawn = torch.zeros(1, 3, 64, 64, requires_grad=True)
    loss(kind)(GLOWING, drawn).backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None
    changed = SALIENCY[kind].target(-0.1 * drawn.grad / drawn.grad.abs().max())
    assert changed[..., 12:20, 12:20].mean() < changed[..., 50:, 50:].mean() - 0.05


@kinds
def test_inverted_input_is_told_by_its_polarity(kind: str) -> None:
    turned = fitted(kind, -GLOWING, STAINED, source_is_bright=False, slope=10)
    met, wanted = turned(-GLOWING, STAINED), loss(kind)(GLOWING, STAINED)
    assert float(met) == pytest.approx(float(wanted), abs=0.01)


def test_each_domain_has_the_threshold_between_its_own_classes() -> None:
    both = loss("brightness")
    assert 10 < both.source.threshold < 175  # classes at 6 and 178
    assert 105 < both.target.threshold < 250  # at 102 and 255


def test_a_threshold_lies_in_the_middle_between_two_classes() -> None:
    classes = torch.cat((torch.full((50,), -0.8), torch.full((10,), 0.2)))
    assert otsu(classes.view(1, 1, 6, 10)) == pytest.approx(127.5 * 0.7)


def test_images_of_one_level_have_no_threshold() -> None:
    with pytest.raises(ValueError, match=r"grey level 255 everywhere.*give images that have both"):
        otsu(torch.ones(1, 1, 4, 4))


def test_the_weight_falls_to_a_third_with_each_time_through_the_set() -> None:
    met = [weight(epoch * 800, first=50, images=800) for epoch in (0, 1, 3, 5)]
    assert met == pytest.approx([50, 18.4, 2.49, 0.337], rel=1e-2)
