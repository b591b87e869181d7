"""The choice of a device."""

import pytest
import torch

from cyclegan.device import choose_device
from cyclegan.errors import ModelError


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


def test_auto_takes_the_card_when_there_is_one() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA card")
def test_a_card_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="choose cpu or auto"):
        choose_device("cuda")
