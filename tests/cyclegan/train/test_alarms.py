"""What warns of a training that goes wrong, and what does not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cyclegan.errors import TrainingError
from cyclegan.train.alarms import DiscriminatorAlarm, look_at_outputs, require_finite


def images(seed: int = 0, n: int = 3) -> Tensor:
    """(n, 3, 16, 16) in -1..1, each different."""
    return torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_a_discriminator_near_zero_is_told_once_until_it_recovers() -> None:
    alarm = DiscriminatorAlarm()
    told = [len(alarm.look({"D_A": loss})) for loss in (0.25, 0.001, 0.001, 0.2, 0.001)]
    assert told == [0, 1, 0, 0, 1]


def test_each_discriminator_is_told_by_its_name() -> None:
    told = DiscriminatorAlarm().look({"D_A": 0.001, "D_B": 0.2, "D": 0.002})
    assert [message.split()[3] for message in told] == ["D", "D_A"]


def test_advice_names_no_setting_that_there_is_not() -> None:
    (message,) = DiscriminatorAlarm().look({"D_A": 0.001})
    assert "begin again with a lower learning rate" in message  # there is one, of all networks


def test_other_losses_near_zero_are_what_one_hopes_for() -> None:
    assert DiscriminatorAlarm().look({"cycle_A": 0.0, "G_A": 0.0, "Dice": 0.0}) == []


def test_translations_of_one_colour_are_told() -> None:
    pink = torch.tensor([0.8, 0.2, 0.5])[:, None, None].expand(3, 3, 16, 16)
    (message,) = look_at_outputs(images(), pink + 0.001 * images(1))
    assert "of one colour" in message
    assert "in unpaired training cycle and saliency" in message


def test_structure_in_one_colour_is_structure() -> None:
    outputs = torch.zeros(3, 3, 16, 16)
    outputs[:, 1] = images(1)[:, 1]
    assert look_at_outputs(images(), outputs) == []


def test_the_same_translation_of_different_inputs_is_told() -> None:
    (message,) = look_at_outputs(images(), images(1, n=1).expand(3, 3, 16, 16))
    assert "different inputs give the same translation" in message


def test_one_translation_that_differs_is_enough() -> None:
    outputs = images(1, n=1).repeat(3, 1, 1, 1)
    outputs[2] = images(2, n=1)[0]
    assert look_at_outputs(images(), outputs) == []


def test_translations_of_their_own_are_not_told() -> None:
    assert look_at_outputs(images(), images(1)) == []


def test_empty_glass_may_be_translated_to_one_colour() -> None:
    black, white = torch.full((3, 3, 16, 16), -1.0), torch.ones(3, 3, 16, 16)
    assert look_at_outputs(black, white) == []


def test_the_same_input_may_have_the_same_translation() -> None:
    assert look_at_outputs(images(n=1).repeat(2, 1, 1, 1), images(1, n=1).repeat(2, 1, 1, 1)) == []


def test_one_image_is_looked_at_too() -> None:
    assert look_at_outputs(images(n=1), images(1, n=1)) == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_and_keeps_the_batch(tmp_path: Path, value: float) -> None:
    batch = {"a": images(), "b": images(1)}
    with pytest.raises(TrainingError, match=rf"step 12 .*\(G_A {value}\).*bad_batch\.pt"):
        require_finite({"D_A": 0.2, "G_A": value}, batch, step=12, folder=tmp_path)
    kept = torch.load(tmp_path / "bad_batch.pt", weights_only=True)
    assert kept["step"] == 12
    assert torch.equal(kept["batch"]["a"], batch["a"])


def test_each_process_of_a_team_keeps_a_batch_of_its_own(tmp_path: Path) -> None:
    batches = [{"a": images(rank)} for rank in (0, 1)]
    for rank, batch in enumerate(batches):
        with pytest.raises(TrainingError, match="the loss is not finite"):
            require_finite({"G_A": math.nan}, batch, step=1, folder=tmp_path, rank=rank)
    for name, batch in zip(("bad_batch.pt", "bad_batch-1.pt"), batches, strict=True):
        kept = torch.load(tmp_path / name, weights_only=True)
        assert torch.equal(kept["batch"]["a"], batch["a"])


def test_losses_that_are_numbers_leave_nothing_behind(tmp_path: Path) -> None:
    require_finite({"D_A": 0.2, "G_A": 1e30}, {"a": images()}, step=1, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
