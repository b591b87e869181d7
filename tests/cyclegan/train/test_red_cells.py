"""Differences in red cells."""

import numpy as np
import torch
from torch import Tensor

from cyclegan.engines.tensors import to_tensor
from cyclegan.stains import render
from cyclegan.train.red_cells import red_cell_difference


def smear(*, cells: int, eosin: float = 3.0, nuclear: float = 0.0) -> Tensor:
    """Pale tissue of 64 x 64 px with squares of 4 px, of much eosin unless told otherwise."""
    blue, red = np.full((2, 64, 64), 0.3, np.float32)
    for number in range(cells):
        y, x = divmod(number, 8)
        place = slice(8 * y, 8 * y + 4), slice(8 * x, 8 * x + 4)
        red[place], blue[place] = eosin, nuclear
    return to_tensor(render(blue, red)[None], torch.device("cpu"))


def test_pale_red_cells_cost_and_red_ones_do_not() -> None:
    assert red_cell_difference(smear(cells=10), smear(cells=10)) == 0
    assert red_cell_difference(smear(cells=10, eosin=1.2), smear(cells=10)) > 0.05


def test_an_eighth_of_the_red_cells_costs_much_more_than_an_eighth() -> None:
    few, many = (
        red_cell_difference(smear(cells=count, eosin=1.2), smear(cells=count)) for count in (8, 64)
    )
    assert many / 4 < few < many


def test_what_else_the_truth_has_costs_nothing() -> None:
    white = torch.ones(1, 3, 64, 64)
    assert red_cell_difference(white, smear(cells=0)) == 0
    assert red_cell_difference(white, smear(cells=10, eosin=1.2)) == 0
    assert red_cell_difference(white, smear(cells=10, nuclear=1.5)) == 0
