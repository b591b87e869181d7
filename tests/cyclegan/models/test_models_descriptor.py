"""What a package's descriptor says of every network and every view there is."""

import pytest

from cyclegan.inputs import INPUTS
from cyclegan.models.descriptor import CITATIONS
from cyclegan.models.sights import SIGHTS
from cyclegan.networks import GENERATORS


def test_every_generator_has_what_to_cite() -> None:
    assert CITATIONS.keys() == GENERATORS.keys()


def test_every_view_has_its_words() -> None:
    assert SIGHTS.keys() == INPUTS.keys()


@pytest.mark.parametrize("name", SIGHTS)
def test_views_are_described_as_the_model_zoo_takes_it(name: str) -> None:
    channels = SIGHTS[name].channels
    assert len(SIGHTS[name].sentence) <= 128
    assert len(set(channels)) == len(channels) == 3
    assert all(channel.isidentifier() for channel in channels)
