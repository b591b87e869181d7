"""What is found in some images: readings, looks, and the best and worst patches."""

from __future__ import annotations

from collections import defaultdict

from cyclegan.evaluate import FIELD_METRICS
from cyclegan.evaluate.extremes import Extremes
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.look import Look, look_at
from cyclegan.evaluate.tally import Tally
from cyclegan.images.region import Region


class Findings:
    """Of some images; patches are those of one translation, the model's."""

    def __init__(self, model: str, ranked_by: str) -> None:
        self._model = model
        self.tally = Tally()
        self.looks: dict[str, list[Look]] = defaultdict(list)
        self.extremes = Extremes(FIELD_METRICS[ranked_by])

    def see(self, translation: str, image: str, site: Region, field: Field) -> None:
        """Measure a field of an image."""
        for key, metric in FIELD_METRICS.items():
            self.tally.add(translation, key, metric.measure(field))
        self.looks[translation].append(look_at(field.output))
        if translation == self._model:
            self.extremes.show(image, site.y, site.x, field)

    def merge(self, other: Findings) -> None:
        """Take over what was found in other images."""
        self.tally.merge(other.tally)
        self.extremes.merge(other.extremes)
        for translation, looks in other.looks.items():
            self.looks[translation] += looks
