"""Early warnings that a training goes wrong, and what stops it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cyclegan.errors import TrainingError

BAD_BATCH = "bad_batch.pt"
DEFEATED = 0.01
"""A discriminator's loss below which it tells all pictures apart: a least-squares loss of one that
guesses is 0.25."""
FLAT = 0.02
"""Standard deviation, of values in -1..1, of a picture in which nothing can be seen: 2.5 grey
levels."""
STRUCTURED = 0.05
"""The same, and mean difference of two pictures, from which on a translation has to show it."""


class DiscriminatorAlarm:
    """Warns when a discriminator's loss is near zero over an interval; once, until it recovers."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def look(self, means: Mapping[str, float]) -> list[str]:
        """What to tell of the means of an interval; discriminators' are named D, D_A and so on."""
        judges = [name for name in means if name.split("_")[0] == "D"]
        defeated = {name for name in judges if means[name] < DEFEATED}
        new = sorted(defeated - self._warned)
        self._warned = defeated
        return [
            f"the discriminator's loss {name} is {means[name]:.4f} over an interval: it tells all "
            "pictures apart, so the generator learns nothing from it. Look at the pictures; if "
            "they get no better, begin again with a lower learning rate or a harder task for it: "
            "more images, more augmentation, a larger weight of the cycle"
            for name in new
        ]


def look_at_outputs(inputs: Tensor, outputs: Tensor) -> list[str]:
    """What to tell of translations, both (n, 3, h, w) in -1..1: constant ones, or all the same.

    Inputs that show nothing themselves, or are themselves alike, do not count.
    """
    shown = inputs.float().std(dim=(1, 2, 3)) > STRUCTURED
    seen, made = inputs.detach().float()[shown], outputs.detach().float()[shown]
    if not len(seen):
        return []
    if made.std(dim=(2, 3)).amax() < FLAT:
        return [
            "the translations are of one colour, whatever the input shows. If that lasts, the "
            "generator has collapsed: begin again with another seed or a lower learning rate, and "
            "see that the losses of content (in unpaired training cycle and saliency) have weight"
        ]
    if len(seen) > 1 and _differ(seen) > STRUCTURED and _differ(made) < FLAT:
        return [
            "different inputs give the same translation. If that lasts, the generator has "
            "collapsed: begin again with another seed or a larger weight of the losses of content "
            "(in unpaired training cycle and saliency)"
        ]
    return []


def require_finite(
    losses: Mapping[str, float],
    batch: Mapping[str, Tensor],
    *,
    step: int,
    folder: Path,
    rank: int = 0,
) -> None:
    """Raise TrainingError when a loss is no finite number, after the batch was kept in the folder.

    Each process of a team keeps its own, as any may be the cause: the second, of rank 1, as
    bad_batch-1.pt. The file can be read with `torch.load(..., weights_only=True)`.
    """
    bad = [f"{name} {value}" for name, value in losses.items() if not math.isfinite(value)]
    if not bad:
        return
    kept = {name: images.detach().cpu() for name, images in batch.items()}
    file = f"bad_batch-{rank}.pt" if rank else BAD_BATCH
    torch.save({"step": step, "losses": dict(losses), "batch": kept}, folder / file)
    raise TrainingError(
        f"at step {step} the loss is not finite ({', '.join(bad)}); the batch is kept as "
        f"{file} in the run folder. Look at its images; if they are in order, begin again "
        "with a lower learning rate or without mixed precision"
    )


def _differ(images: Tensor) -> float:
    """Mean absolute difference of the first image and the one that differs most from it."""
    return float((images[1:] - images[:1]).abs().mean(dim=(1, 2, 3)).max())
