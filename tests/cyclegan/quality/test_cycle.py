"""Where a result, turned back, does not give the image again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cyclegan.engines.engine import Batch
from cyclegan.inputs import INPUTS
from cyclegan.quality.cycle import MOST_PX, WayBack
from cyclegan.quality.survey import Survey, survey
from tests.cyclegan.arrays import ArrayReader
from tests.cyclegan.quality import made
from tests.cyclegan.quality.test_survey import Repeated


class Mirror:
    """Turns results back that are the image's negative; notes how much it was given."""

    halo = 16
    multiple = 16
    smallest = 16
    tile = 64
    batch = 1
    lanes = 1
    blend = "crop"
    done = 0.0
    pixels = 0

    def __call__(self, batch: Batch) -> Batch:
        self.pixels += batch[..., 0].size
        return 255 - batch

    def provenance(self) -> Mapping[str, object]:
        return {}

    def close(self) -> None:
        pass


def way_back() -> WayBack:
    return WayBack(Mirror(), INPUTS["rgb"](ArrayReader(made.muse())), usual_error=4.0)


def returned(result: np.ndarray) -> Survey:
    return survey(ArrayReader(made.muse()), ArrayReader(result), way_back=way_back())


def test_a_result_that_comes_back_exactly_raises_no_doubt() -> None:
    found = returned(255 - made.muse())
    assert found.maps["cycle"].share == 0
    assert not np.nan_to_num(found.maps["cycle"].values).any()
    assert found.returned_share == 1


def test_what_was_changed_is_found_where_it_was() -> None:
    result = 255 - made.muse()
    result[64:160, 192:288] = 128  # three cells of 32 px each way
    values = np.nan_to_num(returned(result).maps["cycle"].values)
    assert values[2:5, 6:9].min() > 0.5
    values[2:5, 6:9] = 0
    assert not values.any()


def test_a_result_of_which_much_does_not_come_back_is_doubtful() -> None:
    codes = [verdict.code for verdict in returned(np.full_like(made.muse(), 90)).verdicts]
    assert "not_found_again" in codes


def test_no_more_is_turned_back_of_a_large_image() -> None:
    way = way_back()
    times = 6
    image, result = Repeated(made.muse(), times), Repeated(255 - made.muse(), times)
    found = survey(image, result, way_back=way)
    assert found.returned_share is not None
    assert 0.9 * MOST_PX < found.returned_share * (made.SIDE * times) ** 2 <= MOST_PX
    assert isinstance(way.patches, Mirror)
    assert way.patches.pixels < 1.4 * MOST_PX
    looked = np.isfinite(found.maps["cycle"].values)
    assert looked[: looked.shape[0] // 2].any()
    assert looked[looked.shape[0] // 2 :].any()


def test_without_a_way_back_there_is_no_such_map() -> None:
    found = survey(ArrayReader(made.muse()), ArrayReader(made.he()))
    assert "cycle" not in found.maps
    assert found.returned_share is None
