"""The choice of a device."""

import pytest
import torch

from cyclegan.device import alike, choose_device, same_kind
from cyclegan.errors import ModelError


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


def test_auto_takes_the_card_when_there_is_one() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA card")
def test_a_card_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="choose cpu or auto"):
        choose_device("cuda")


def test_nothing_is_like_the_cpu_or_a_card_that_has_a_number() -> None:
    for device in (torch.device("cpu"), torch.device("cuda", 1)):
        assert alike(device) == [device]


def test_cards_of_another_kind_are_left_out() -> None:
    assert same_kind(["A", "B", "A", "A"], first=2) == [2, 0, 3]
    assert same_kind(["A"], first=0) == [0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card")
def test_a_card_is_like_itself() -> None:
    assert alike(torch.device("cuda"))[0] == torch.device("cuda", torch.cuda.current_device())
