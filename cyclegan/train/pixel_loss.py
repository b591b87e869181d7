"""Differences between a translation and its truth, pixel by pixel and window by window.

Images are (n, 3, height, width) float32 in -1..1; a loss is a scalar, the mean over all of them.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def l1(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference; 2 between black and white."""
    return functional.l1_loss(output, target)


def gradient(output: Tensor, target: Tensor) -> Tensor:
    """The mean absolute difference of the steps from each pixel to its neighbours.

    It punishes blur, which a difference of values hardly does.
    """
    difference = output - target
    down = (difference[:, :, 1:] - difference[:, :, :-1]).abs().mean()
    across = (difference[:, :, :, 1:] - difference[:, :, :, :-1]).abs().mean()
    return (down + across) / 2


def dissimilarity(output: Tensor, target: Tensor) -> Tensor:
    """1 less the structural similarity (SSIM, Wang et al. 2004) in windows of 6 px.

    They lie 2 px apart, so that every pixel is in nine, and are about as wide as the usual
    Gaussian, which takes as long as a narrow network.
    """
    # Brightness is compared by ratios, so that black must be 0.
    x, y = (output + 1) / 2, (target + 1) / 2
    first, second = _mean(x), _mean(y)
    both = first * second
    squares = first.square() + second.square()
    covariance = _mean(x * y) - both
    variances = _mean(x.square() + y.square()) - squares
    brightness = (2 * both + 0.01**2) / (squares + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variances + 0.03**2)
    return 1 - (brightness * structure).mean()


def _mean(images: Tensor) -> Tensor:
    """Of each window that lies inside of the image: three by three blocks of 2 px."""
    blocks = functional.avg_pool2d(images, 2)
    rows = blocks[:, :, :-2] + blocks[:, :, 1:-1] + blocks[:, :, 2:]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9
