"""Weighted means."""

from cyclegan.evaluate.error import MAE
from cyclegan.evaluate.metric import Reading
from cyclegan.evaluate.nuclei import RECALL
from cyclegan.evaluate.tally import Tally


def test_a_mean_counts_readings_by_their_weight() -> None:
    tally = Tally()
    for reading in (Reading(1.0, 30), None, Reading(0.0, 10)):
        tally.add("model", "recall", reading)
    assert tally.scores(["model"], {"recall": RECALL}) == {"model": {"recall": 0.75}}


def test_what_was_never_read_has_no_mean() -> None:
    tally = Tally()
    tally.add("model", "recall", None)
    metrics = {"recall": RECALL, "mae": MAE}
    assert tally.scores(["model"], metrics) == {"model": {"recall": None, "mae": None}}


def test_tallies_add_up() -> None:
    first, second = Tally(), Tally()
    first.add("model", "mae", Reading(3, 1))
    second.add("model", "mae", Reading(7, 3))
    second.add("other", "mae", Reading(5, 1))
    first.merge(second)
    scores = first.scores(["model", "other"], {"mae": MAE})
    assert scores == {"model": {"mae": 6}, "other": {"mae": 5}}
