"""Earlier translations, for the discriminator to see again (Shrivastava et al. 2017).

It so keeps in mind what it told apart some steps ago, and the two networks chase each other less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Exchanges half of the translations it is given for earlier ones, of which it keeps `size`.

    With a size of 0 it gives back what it is given. All its chance comes from `seed`.
    """

    def __init__(self, *, seed: int, size: int = 50) -> None:
        self._size = size
        self._images: list[Tensor] = []
        self._chance = torch.Generator().manual_seed(seed)

    def exchange(self, images: Tensor) -> Tensor:
        """As many images of the same shape, (n, channels, height, width), without a gradient."""
        return torch.stack([self._exchanged(image) for image in images.detach()])

    def state_dict(self) -> dict[str, Any]:
        """All that the next exchanges depend on, on the CPU."""
        images = [image.cpu() for image in self._images]
        return {"images": images, "chance": self._chance.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on as the pool would have whose state it is."""
        self._images = list(state["images"])
        self._chance.set_state(state["chance"].cpu())

    def _exchanged(self, image: Tensor) -> Tensor:
        if len(self._images) < self._size:
            self._images.append(image.clone())
            return image
        if not self._size or torch.rand((), generator=self._chance) < 0.5:
            return image
        place = int(torch.randint(self._size, (), generator=self._chance))
        earlier, self._images[place] = self._images[place], image.clone()
        return earlier.to(image.device)
