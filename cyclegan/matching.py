"""How many points of one set have a partner in another: each partner is taken once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import cKDTree

from cyclegan.detection import Points


def count_pairs(first: Points, second: Points, radius: float) -> int:
    """The most pairs of a point of each set, within the radius, that share no point."""
    return int(np.count_nonzero(have_partner(first, second, radius)))


def have_partner(first: Points, second: Points, radius: float) -> NDArray[np.bool_]:
    """Which points of the first set are in those pairs, (n,)."""
    if not len(first) or not len(second):
        return np.zeros(len(first), dtype=bool)
    near = cKDTree(first).sparse_distance_matrix(cKDTree(second), radius, output_type="coo_matrix")
    links = csr_array(
        (np.ones(len(near.row), np.int8), (near.row, near.col)), shape=(len(first), len(second))
    )
    return np.asarray(maximum_bipartite_matching(links, perm_type="column") >= 0)
