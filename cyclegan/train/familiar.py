"""What colours a training shows to its network: for the package, which tells what it knows."""

from __future__ import annotations

from collections.abc import Callable

from cyclegan.engines.engine import Watch
from cyclegan.familiar import Encounters
from cyclegan.images.image import Pixels
from cyclegan.images.preview import means
from cyclegan.inputs import View
from cyclegan.models.colours import Colours
from cyclegan.quality.patch import step_of

PICTURES = 1000
"""Pictures of training that are looked at; more change little (with 2500, 3 % fewer places of other
slides under other rigs are strange)."""

Draw = Callable[[int], tuple[Pixels, View]]
"""A picture of training by its number, and how the network sees it."""


def known_colours(
    draw: Draw, *, count: int, spacing_um: float | None, watch: Watch | None = None
) -> Colours:
    """The colours of the first pictures of a training, whose pixels have that many µm.

    Raises Cancelled.
    """
    met, step, watch = Encounters(), step_of(spacing_um), watch or Watch()
    count = min(count, PICTURES)
    for index in range(count):
        watch.check()
        watch.on_progress(index / count)
        picture, view = draw(index)
        points = means(picture, step)
        met.add(points, view(points))
    return Colours(met.familiar(), count)
