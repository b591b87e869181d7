"""What a training is gone on with, whatever happened to the process or the disk."""

from __future__ import annotations

import random
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from cyclegan.errors import TrainingError
from cyclegan.train.checkpoint import load_latest, rng_state, save, set_rng_state


def keep(folder: Path, *steps: int, last: int = 2, every: int | None = None) -> None:
    for step in steps:
        save(folder, {"weights": torch.full((64,), step)}, step, last=last, every=every)


def latest(folder: Path) -> int | None:
    """The step of the latest state, whose weights are those of that step."""
    state = load_latest(folder)
    if state is None:
        return None
    assert torch.equal(state["weights"], torch.full((64,), state["step"]))
    return int(state["step"])


def kept(folder: Path) -> list[int]:
    return sorted(int(path.stem.removeprefix("step-")) for path in folder.iterdir())


def file_of(folder: Path, step: int) -> Path:
    return folder / f"step-{step:09d}.pt"


def test_no_folder_holds_no_state(tmp_path: Path) -> None:
    assert latest(tmp_path / "checkpoints") is None


def test_the_latest_state_is_found_with_its_step(tmp_path: Path) -> None:
    keep(tmp_path / "checkpoints", 900, 1000, 10_000)
    assert latest(tmp_path / "checkpoints") == 10_000


def test_networks_optimisers_and_random_numbers_come_back_as_they_were(tmp_path: Path) -> None:
    network = torch.nn.Conv2d(3, 4, 3)
    optimiser = torch.optim.Adam(network.parameters(), betas=(0.5, 0.999))
    network(torch.ones(1, 3, 8, 8)).sum().backward()
    optimiser.step()
    state = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "pool": [torch.rand(1, 3, 4, 4), None],
        "rng": rng_state(),
        "ordered": OrderedDict(a=1, b=(2.5, "c", True)),
    }
    save(tmp_path, state, 7)
    found = load_latest(tmp_path)
    assert found is not None
    network.load_state_dict(found["network"])
    optimiser.load_state_dict(found["optimiser"])
    assert torch.equal(found["pool"][0], state["pool"][0])  # type: ignore[index]
    assert found["ordered"] == state["ordered"]


def test_random_numbers_go_on_as_they_would_have(tmp_path: Path) -> None:
    def draw() -> tuple[float, ...]:
        drawn = random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn()
        return (*drawn, *torch.rand(3).tolist())

    np.random.randn()  # half of a pair: the other half is part of the state
    random.gauss(0, 1)
    save(tmp_path, {"rng": rng_state()}, 1)
    undisturbed = draw()
    random.seed(9)
    np.random.seed(9)
    torch.manual_seed(9)
    found = load_latest(tmp_path)
    assert found is not None
    set_rng_state(found["rng"])
    assert draw() == undisturbed


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card")
def test_random_numbers_of_a_card_go_on_as_they_would_have() -> None:
    torch.rand(3, device="cuda")
    state = rng_state()
    undisturbed = torch.rand(3, device="cuda")
    set_rng_state(state)
    assert torch.equal(torch.rand(3, device="cuda"), undisturbed)


@pytest.mark.parametrize("left", [0, 1, 300, 0.5, 0.999])
def test_a_checkpoint_that_was_cut_short_falls_back_to_the_one_before(
    tmp_path: Path, left: float, caplog: pytest.LogCaptureFixture
) -> None:
    keep(tmp_path, 100, 200)
    whole = file_of(tmp_path, 200).read_bytes()
    file_of(tmp_path, 200).write_bytes(whole[: int(left if left >= 1 else left * len(whole))])
    assert latest(tmp_path) == 100
    assert "step-000000200.pt is damaged" in caplog.text


def test_a_checkpoint_with_one_wrong_bit_falls_back_to_the_one_before(tmp_path: Path) -> None:
    keep(tmp_path, 100, 200)
    content = bytearray(file_of(tmp_path, 200).read_bytes())
    weights = content.index(torch.full((64,), 200).numpy().tobytes())
    content[weights + 5] ^= 1
    file_of(tmp_path, 200).write_bytes(content)
    assert latest(tmp_path) == 100


def test_nothing_is_begun_anew_when_all_checkpoints_are_damaged(tmp_path: Path) -> None:
    keep(tmp_path, 100, 200)
    for step in (100, 200):
        file_of(tmp_path, step).write_bytes(b"")
    with pytest.raises(TrainingError, match="all checkpoints are damaged"):
        load_latest(tmp_path)


def test_the_last_checkpoints_stay_and_those_at_round_steps(tmp_path: Path) -> None:
    keep(tmp_path, *range(100, 1001, 100), last=3, every=400)
    assert kept(tmp_path) == [400, 800, 900, 1000]


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    keep(tmp_path, 100)
    (tmp_path / ".0123456789abcdef.part").write_bytes(b"half")
    assert latest(tmp_path) == 100
    keep(tmp_path, 200)
    assert kept(tmp_path) == [100, 200]


def test_damaged_checkpoints_of_later_steps_do_not_displace_good_ones(tmp_path: Path) -> None:
    keep(tmp_path, 100, 200, 300, last=3)
    for step in (200, 300):
        file_of(tmp_path, step).write_bytes(b"")
    keep(tmp_path, 150)
    assert kept(tmp_path) == [100, 150]


def test_a_state_that_could_not_be_read_again_is_never_kept(tmp_path: Path) -> None:
    keep(tmp_path, 100)
    with pytest.raises(TypeError, match=r"pathlib\.PosixPath"):
        save(tmp_path, {"folder": Path()}, 200)
    assert kept(tmp_path) == [100]
