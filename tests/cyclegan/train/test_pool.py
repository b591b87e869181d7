"""Earlier translations for the discriminator."""

import torch
from torch import Tensor

from cyclegan.train.pool import ImagePool


def numbered(*numbers: int) -> Tensor:
    """A batch of images that are told by their only value."""
    return torch.tensor(numbers, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)


def test_until_it_is_full_a_pool_gives_back_what_it_is_given() -> None:
    pool = ImagePool(seed=0, size=3)
    assert torch.equal(pool.exchange(numbered(0, 1)), numbered(0, 1))
    assert torch.equal(pool.exchange(numbered(2)), numbered(2))


def test_a_full_pool_exchanges_about_half_of_the_images() -> None:
    pool = ImagePool(seed=0, size=50)
    pool.exchange(numbered(*range(50)))
    given = numbered(*range(50, 1050))
    met = pool.exchange(given)
    assert 450 < int((met != given).any(dim=(1, 2, 3)).sum()) < 550


def test_every_image_comes_back_once_or_stays() -> None:
    pool = ImagePool(seed=1, size=5)
    met = torch.cat([pool.exchange(numbered(number)) for number in range(5, 100)])
    back = met[5:, 0, 0, 0].tolist()  # the first five were stored and given back
    assert len(set(back)) == len(back)


def test_a_pool_of_nothing_changes_nothing() -> None:
    assert torch.equal(ImagePool(seed=0, size=0).exchange(numbered(7, 8)), numbered(7, 8))


def test_no_gradient_flows_through_a_pool() -> None:
    made = numbered(1, 2).clone().requires_grad_()
    assert not ImagePool(seed=0).exchange(made).requires_grad


def test_what_is_stored_does_not_change_with_the_batch() -> None:
    pool = ImagePool(seed=0, size=2)
    given, met = set(), set()
    for number in range(50):
        batch = numbered(number).clone()
        met.add(float(pool.exchange(batch).mean()))
        given.add(float(number))
        batch.fill_(-1)
    assert met < given


def test_a_pool_goes_on_from_its_state_as_if_undisturbed() -> None:
    first = ImagePool(seed=2, size=4)
    first.exchange(numbered(*range(10)))
    second = ImagePool(seed=99, size=4)
    second.load_state_dict(first.state_dict())
    later = numbered(*range(10, 40))
    assert torch.equal(second.exchange(later), first.exchange(later))
