"""Losses as curves: every loss is drawn, in its panel, where its values are."""

from __future__ import annotations

from typing import Any

import pytest

from cyclegan.train.curves import BOTTOM, LEFT, POINTS, RIGHT, TOP, Curve, panels


def records(**series: list[float]) -> list[dict[str, Any]]:
    """A record every 100 steps, with the values of all losses."""
    columns = zip(*series.values(), strict=True)
    return [
        {"step": 100 * number, "losses": dict(zip(series, values, strict=True))}
        for number, values in enumerate(columns, start=1)
    ]


def points(curve: Curve) -> list[tuple[float, float]]:
    """The (x, y) of a curve's line."""
    pairs = (point.split(",") for point in curve.line.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_the_two_directions_of_a_loss_share_a_panel() -> None:
    found = panels(records(D_A=[1.0], G_A=[1.0], sal=[1.0], D_B=[1.0], G_B=[1.0]))
    assert [(panel.title, [curve.name for curve in panel.curves]) for panel in found] == [
        ("D", ["D_A", "D_B"]),
        ("G", ["G_A", "G_B"]),
        ("sal", ["sal"]),
    ]


def test_no_records_have_no_panels() -> None:
    assert panels([]) == []


def test_a_curve_goes_from_its_first_step_to_the_last_of_all() -> None:
    (panel,) = panels(records(G=[4.0, 2.0, 0.0]))
    (curve,) = panel.curves
    third = (RIGHT - LEFT) / 3
    assert points(curve) == [
        (pytest.approx(LEFT + third, abs=0.1), TOP),
        (pytest.approx(LEFT + 2 * third, abs=0.1), (TOP + BOTTOM) / 2),
        (RIGHT, BOTTOM),
    ]
    assert (curve.end, curve.latest) == ((RIGHT, BOTTOM), 0.0)


def test_zero_is_drawn_so_that_heights_can_be_compared() -> None:
    (panel,) = panels(records(G=[101.0, 100.0]))
    assert (panel.y_ticks[0].label, panel.y_ticks[0].at) == ("0", BOTTOM)


def test_losses_below_zero_are_drawn_too() -> None:
    (panel,) = panels(records(critic=[-4.0, 4.0]))
    assert [y for _, y in points(panel.curves[0])] == [BOTTOM, TOP]


def test_large_first_values_do_not_leave_the_rest_flat() -> None:
    (panel,) = panels(records(cycle=[1000.0, *[2.0] * 39]))
    heights = [y for _, y in points(panel.curves[0])]
    assert heights[0] < 0
    assert heights[1:] == [TOP] * 39


def test_many_values_become_few_points_with_their_range() -> None:
    (panel,) = panels(records(G=[1.0, 3.0] * 1000))
    (curve,) = panel.curves
    middle = BOTTOM - (BOTTOM - TOP) * 2 / 3
    assert [y for _, y in points(curve)] == [pytest.approx(middle, abs=2)] * POINTS
    band = [float(point.split(",")[1]) for point in curve.band.split()]
    assert [min(band), max(band)] == pytest.approx([TOP, BOTTOM - (BOTTOM - TOP) / 3], abs=0.1)


@pytest.mark.parametrize("values", [[0.0], [0.0, 0.0], [5.0], [1e-9, 2e-9], [-3.0], [1e12]])
def test_any_values_have_axes_with_a_few_round_numbers(values: list[float]) -> None:
    (panel,) = panels(records(G=values))
    for ticks, low, high in ((panel.x_ticks, LEFT, RIGHT), (panel.y_ticks, TOP, BOTTOM)):
        assert 3 <= len(ticks) <= 7
        assert all(low - 0.1 <= tick.at <= high + 0.1 for tick in ticks)


def test_a_loss_that_begins_later_is_drawn_from_there() -> None:
    late = [*records(G=[1.0, 1.0]), {"step": 400, "losses": {"score": 2.0}}]
    assert points(panels(late)[1].curves[0]) == [(RIGHT, TOP)]


def test_pictures_before_the_first_step_do_no_harm() -> None:
    assert panels([{"step": 0, "losses": {"score": 2.0}}])[0].curves[0].end == (LEFT, TOP)
