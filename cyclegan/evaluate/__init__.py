"""How good translations are, by metrics that need no weights: a new one is a file and a line here.

Scores test code and tell models apart; they say nothing of medicine.
"""

from cyclegan.evaluate.background import STAINED_BACKGROUND, TRUE_BACKGROUND
from cyclegan.evaluate.clipping import CLIPPED
from cyclegan.evaluate.colours import DENSITY, EOSIN, HAEMATOXYLIN, HUE, RESIDUAL
from cyclegan.evaluate.correlation import (
    EDGE_CORRELATION,
    HAEMATOXYLIN_CORRELATION,
    PIXEL_CORRELATION,
)
from cyclegan.evaluate.discrepancy import DISCREPANCY
from cyclegan.evaluate.error import MAE, PSNR
from cyclegan.evaluate.frechet import FRECHET
from cyclegan.evaluate.information import MUTUAL_INFORMATION
from cyclegan.evaluate.metric import FieldMetric, Metric, SetMetric
from cyclegan.evaluate.ms_ssim import MS_SSIM
from cyclegan.evaluate.nuclei import (
    PRECISION,
    RECALL,
    TOLERANT_PRECISION,
    TOLERANT_RECALL,
    TRUE_OBJECTS_PRECISION,
    TRUE_OBJECTS_RECALL,
    TRUE_PRECISION,
    TRUE_RECALL,
    TRUE_TOLERANT_PRECISION,
    TRUE_TOLERANT_RECALL,
)
from cyclegan.evaluate.palette import PALETTE
from cyclegan.evaluate.seams import SEAM_INDEX, TILE_MISMATCH
from cyclegan.evaluate.shift import LOCAL_SHIFT, SHIFT
from cyclegan.evaluate.similarity import INPUT_SSIM, SSIM
from cyclegan.evaluate.stain_error import EOSIN_ERROR, HAEMATOXYLIN_ERROR

METRICS: dict[str, Metric] = {
    # with the truth
    "ssim": SSIM,
    "ms_ssim": MS_SSIM,
    "psnr": PSNR,
    "mae": MAE,
    "pixel_correlation": PIXEL_CORRELATION,
    "haematoxylin_correlation": HAEMATOXYLIN_CORRELATION,
    "haematoxylin_error": HAEMATOXYLIN_ERROR,
    "eosin_error": EOSIN_ERROR,
    "true_nuclei_precision": TRUE_PRECISION,
    "true_nuclei_recall": TRUE_RECALL,
    "true_nuclei_precision_tolerant": TRUE_TOLERANT_PRECISION,
    "true_nuclei_recall_tolerant": TRUE_TOLERANT_RECALL,
    "true_objects_precision": TRUE_OBJECTS_PRECISION,
    "true_objects_recall": TRUE_OBJECTS_RECALL,
    "true_background": TRUE_BACKGROUND,
    # with the input
    "nuclei_precision": PRECISION,
    "nuclei_recall": RECALL,
    "nuclei_precision_tolerant": TOLERANT_PRECISION,
    "nuclei_recall_tolerant": TOLERANT_RECALL,
    "stained_background": STAINED_BACKGROUND,
    "edge_correlation": EDGE_CORRELATION,
    "input_ssim": INPUT_SSIM,
    "mutual_information": MUTUAL_INFORMATION,
    "shift": SHIFT,
    "local_shift": LOCAL_SHIFT,
    "clipped": CLIPPED,
    # between tiles
    "seam_index": SEAM_INDEX,
    "tile_mismatch": TILE_MISMATCH,
    # with real H&E
    "haematoxylin_distance": HAEMATOXYLIN,
    "eosin_distance": EOSIN,
    "residual_distance": RESIDUAL,
    "density_distance": DENSITY,
    "hue_distance": HUE,
    "palette_distance": PALETTE,
    "texture_frechet": FRECHET,
    "texture_mmd": DISCREPANCY,
}
"""Every metric by its key in reports, in the order in which they are shown."""
FIELD_METRICS = {key: m for key, m in METRICS.items() if isinstance(m, FieldMetric)}
SET_METRICS = {key: m for key, m in METRICS.items() if isinstance(m, SetMetric)}
