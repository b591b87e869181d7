"""Nuclei that are invented and nuclei that are lost: output against input, output against truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cyclegan.detection import Nuclei
from cyclegan.evaluate.field import Field
from cyclegan.evaluate.metric import FieldMetric, Needs, Reading
from cyclegan.matching import count_pairs

Side = Literal["precision", "recall"]


def _share_found(looked_for: Nuclei, among: Nuclei, *, strict: bool) -> Reading | None:
    """The share of some nuclei that have a partner among others, weighted by their number."""
    total = len(looked_for.strict)
    if not total:
        return None
    others = among.strict if strict else among.loose
    found = count_pairs(looked_for.strict, others, looked_for.radius_px)
    return Reading(found / total, total)


def _measure(side: Side, needs: Needs, *, strict: bool) -> Callable[[Field], Reading | None]:
    def measure(field: Field) -> Reading | None:
        known = field.scene.nuclei if needs == "input" else field.scene.true_nuclei
        if known is None:
            return None
        pair = (field.nuclei, known) if side == "precision" else (known, field.nuclei)
        return _share_found(*pair, strict=strict)

    return measure


MEANINGS: dict[Side, str] = {
    "precision": "Share of the nuclei of the output that {known} has within 3 µm, one for one; "
    "the rest are invented. ",
    "recall": "Share of the nuclei of {known} that the output has within 3 µm, one for one; "
    "the rest are lost. ",
}
LIMITS = {
    True: "Both sides are cut at their own threshold, so pale nuclei count as faults by chance.",
    False: "The other side may be nearly a nucleus, too (0.8 of the threshold, half the area), so "
    "that what misses is a fault; both detectors still err.",
}
KNOWN: dict[Needs, str] = {"input": "the input", "truth": "the truth"}


def _metric(side: Side, needs: Needs, *, strict: bool) -> FieldMetric:
    against = " against the truth" if needs == "truth" else ""
    return FieldMetric(
        title=f"Nuclei, {side}{against}, {'strict' if strict else 'tolerant'}",
        unit="",
        better="higher",
        needs=needs,
        meaning=MEANINGS[side].format(known=KNOWN[needs]) + LIMITS[strict],
        measure=_measure(side, needs, strict=strict),
    )


PRECISION = _metric("precision", "input", strict=True)
RECALL = _metric("recall", "input", strict=True)
TOLERANT_PRECISION = _metric("precision", "input", strict=False)
TOLERANT_RECALL = _metric("recall", "input", strict=False)
TRUE_PRECISION = _metric("precision", "truth", strict=True)
TRUE_RECALL = _metric("recall", "truth", strict=True)
TRUE_TOLERANT_PRECISION = _metric("precision", "truth", strict=False)
TRUE_TOLERANT_RECALL = _metric("recall", "truth", strict=False)


def _objects(side: Side) -> FieldMetric:
    """The tolerant comparison with the truth of nuclei as connected objects."""

    def measure(field: Field) -> Reading | None:
        made, true = field.objects, field.scene.true_objects
        if true is None:
            return None
        pair = (made, true) if side == "precision" else (true, made)
        return _share_found(*pair, strict=False)

    return FieldMetric(
        title=f"Nuclei as objects, {side} against the truth, tolerant",
        unit="",
        better="higher",
        needs="truth",
        meaning=MEANINGS[side].format(known="the truth") + "Any connected object of nuclear stain "
        "of 3.75 to 100 µm² is one nucleus here, and the other side may be cut at any of 0.8 to "
        "1.2 of its threshold. Touching nuclei are one, so that crowds say little.",
        measure=measure,
    )


TRUE_OBJECTS_PRECISION = _objects("precision")
TRUE_OBJECTS_RECALL = _objects("recall")
