"""Which microscopes there can be."""

import numpy as np
import pytest

from cyclegan.errors import SettingsError
from cyclegan.muse import MuseSpec


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("haze", -0.1),
        ("read_noise", np.nan),
        ("shading", 1.1),
        ("nuclear_floor", 1.0),
        ("nuclear_level", np.inf),
        ("gamma", 0.0),
        ("specks_px", 0.0),
        ("electrons", 0.0),
        ("ambient", (-1, 0, 0)),
        ("gains", (0, 0, 0)),
        ("eosin", (0.1, np.nan, 0.3)),
    ],
)
def test_an_impossible_microscope_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is "):
        MuseSpec(**{name: value})  # type: ignore[arg-type]  # the name is a parameter of the test


def test_there_may_be_no_shot_noise() -> None:
    assert MuseSpec(electrons=np.inf).electrons == np.inf
