"""The adversarial losses."""

import pytest
import torch

from cyclegan.train.gan_loss import discriminator_loss, generator_loss

ONES, ZEROS = torch.ones(2, 1, 3, 3), torch.zeros(2, 1, 3, 3)


def test_a_discriminator_that_tells_all_apart_has_no_loss_and_the_generator_all_of_it() -> None:
    assert discriminator_loss(ONES, ZEROS) == 0
    assert generator_loss(ZEROS) == 1


def test_a_generator_that_passes_for_real_has_no_loss() -> None:
    assert generator_loss(ONES) == 0


def test_a_discriminator_that_knows_nothing_has_a_quarter() -> None:
    assert discriminator_loss(ONES / 2, ONES / 2) == pytest.approx(0.25)


def test_every_patch_counts_alike() -> None:
    judged = ZEROS.clone()
    judged[0, 0, 0, :] = 1  # 3 of 18 patches
    assert generator_loss(judged) == pytest.approx(15 / 18)
