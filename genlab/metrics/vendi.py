"""The Vendi score: the effective number of different images. Friedman and Dieng 2022 (arXiv:2210.02410)."""

import numpy as np

from genlab.metrics.blocks import blocks
from genlab.metrics.counts import require_images
from genlab.metrics.normalised import unit_rows


def vendi_score(features: np.ndarray) -> float:
    """Features (N, D) -> exp(-sum lambda log lambda) of the eigenvalues lambda of K / N, in [1, min(N, D)]. Definition 3.1.

    K is the cosine similarity: 1 for equal images, N for images of which no two are similar. Features from a ReLU are never negative, hence
    all similar: even of very different images the score is far below N. Compare scores of equal N in one extractor only. No real images
    are needed, and noise is diverse: report it together with a score of quality.

    For N > D the eigenvalues are those of X^T X / N (D, D), X with rows of length 1, which is accumulated block by block. The package
    `vendi-score` (0.0.3, of 2023, a source distribution only) computes the same with all rows in memory as float64.

    Raises:
        InputError: there are no images.
    """
    require_images("Vendi score", {"given": len(features)}, 1)
    count, size = features.shape
    if count > size:
        matrix = np.zeros((size, size))
        for _, block in blocks(features):
            rows = unit_rows(block)
            matrix += rows.T @ rows
    else:
        rows = unit_rows(features)
        matrix = rows @ rows.T
    values = np.linalg.eigvalsh(matrix / count)
    values = values[values > 0]
    return float(np.exp(-(values * np.log(values)).sum()))
