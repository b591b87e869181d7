"""Pictures that are moved and degraded at random."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from cyclegan.images.image import Pixels
from cyclegan.train.augment import AugmentSettings, degraded, moved
from tests.cyclegan.arrays import noise

STILL = AugmentSettings(flip=False, quarter_turns=False)
STRONG = AugmentSettings(rotate_degrees=45, scale=(0.5, 2), elastic_px=10, elastic_size_px=16)
WHITE = 255


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def ramp(side: int) -> Pixels:
    """Rises by a grey level for each px to the right (red) and downwards (green)."""
    y, x = np.indices((side, side))
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def test_without_any_change_the_middle_is_returned() -> None:
    picture = noise(20, 20)
    (found,) = moved(rng(), [picture], STILL, 16)
    assert (found == picture[2:-2, 2:-2]).all()


def test_flips_and_quarter_turns_make_the_eight_symmetries() -> None:
    picture = noise(9, 9)
    wanted = {np.rot90(p, k).tobytes() for p in (picture, picture[:, ::-1]) for k in range(4)}
    found = {moved(rng(s), [picture], AugmentSettings(), 9)[0].tobytes() for s in range(100)}
    assert found == wanted


@pytest.mark.parametrize("settings", [AugmentSettings(), STRONG])
def test_a_pair_is_moved_alike(settings: AugmentSettings) -> None:
    picture = noise(settings.source_px(40), settings.source_px(40))
    first, second = moved(rng(), [picture, WHITE - picture], settings, 40)
    assert np.abs(first.astype(int) - (WHITE - second.astype(int))).max() <= 1


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("scale", [STRONG.scale, (0.5, 0.5)])
def test_no_turning_shows_an_edge(seed: int, scale: tuple[float, float]) -> None:
    settings = STRONG.model_copy(update={"scale": scale})
    side = settings.source_px(32)
    (found,) = moved(rng(seed), [np.full((side, side, 3), WHITE, np.uint8)], settings, 32)
    assert (found == WHITE).all()


def test_enlarging_makes_a_ramp_flatter() -> None:
    settings = STILL.model_copy(update={"scale": (2.0, 2.0)})
    (found,) = moved(rng(), [ramp(100)], settings, 40)
    across = np.gradient(found[..., 0].astype(float), axis=1)
    # Its ends are rounded to grey levels, 39 px apart.
    assert across.mean() == pytest.approx(0.5, abs=1 / 39)
    assert found[20, 20, 0] == pytest.approx(50, abs=1), "about the middle"


def test_turning_leaves_a_ramp_as_steep_and_turns_it_by_no_more_than_is_allowed() -> None:
    settings = STILL.model_copy(update={"rotate_degrees": 30.0})
    angles = []
    for seed in range(20):
        (found,) = moved(rng(seed), [ramp(settings.source_px(60))], settings, 60)
        down, across = np.gradient(found[5:-5, 5:-5, :2].astype(float), axis=(0, 1))
        (down_x, down_y), (across_x, across_y) = (part.mean((0, 1)) for part in (down, across))
        assert np.hypot(across_x, down_x) == pytest.approx(1, abs=0.02)
        assert (down_y, across_y) == pytest.approx((across_x, -down_x), abs=0.03)
        angles.append(np.degrees(np.arctan2(down_x, across_x)))
    assert -30 <= min(angles) < -10
    assert 10 < max(angles) <= 30


def test_bending_displaces_by_as_much_as_is_allowed() -> None:
    settings = STILL.model_copy(update={"elastic_px": 8.0, "elastic_size_px": 20.0})
    side = settings.source_px(100)
    (found,) = moved(rng(), [ramp(side)], settings, 100)
    away = found.astype(int) - ramp(side)[(side - 100) // 2 :, (side - 100) // 2 :][:100, :100]
    assert 4 < np.abs(away).max() <= 9
    assert abs(away[..., :2].mean()) < 2


@pytest.mark.parametrize("settings", [AugmentSettings(), STRONG])
def test_the_same_numbers_give_the_same_picture(settings: AugmentSettings) -> None:
    picture = noise(settings.source_px(30), settings.source_px(30))
    before = torch.random.get_rng_state()
    first, again = (moved(rng(5), [picture], settings, 30)[0] for _ in range(2))
    assert (first == again).all()
    assert torch.equal(torch.random.get_rng_state(), before), "training's own numbers go on"


def test_nothing_is_degraded_unless_asked_for() -> None:
    picture = noise(20, 20)
    assert degraded(rng(), picture, AugmentSettings()) is picture


def test_blur_takes_contrast_but_no_light() -> None:
    picture = noise(64, 64)
    blurred = degraded(rng(), picture, AugmentSettings(blur_px=2))
    assert blurred.std() < 0.7 * picture.std()
    assert blurred.mean() == pytest.approx(picture.mean(), abs=1)
    assert blurred.shape == picture.shape


def test_noise_is_as_strong_as_was_drawn() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    found = np.array(
        [degraded(rng(seed), grey, AugmentSettings(noise=10)).std() for seed in range(40)]
    )
    assert found.max() == pytest.approx(10, abs=1)
    assert found.mean() == pytest.approx(5, abs=1)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"scale": [1.2, 0.8]}, "scale is 1.2 to 0.8; give the lower end first"),
        ({"scale": [0.1, 1]}, "within 0.5 to 2"),
        ({"rotate_degrees": 60}, "less than or equal to 45"),
        ({"rotation": 3}, "rotation"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        AugmentSettings.model_validate(settings)
