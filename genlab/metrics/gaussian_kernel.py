"""Maximum mean discrepancy with a Gaussian kernel, in the form of CMMD. Jayasumana et al. 2024 (arXiv:2401.09603)."""

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.discrepancy import discrepancy

BANDWIDTH = 10.0  # sigma of the paper
SCALE = 1000.0  # of the paper, "for readability"


def gaussian_kernel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    bandwidth: float = BANDWIDTH,  # sigma, in units of features of length 1
) -> float:
    """Features (N, D), (M, D) -> 1000 times the unbiased MMD^2 with k(x, y) = exp(-|x - y|^2 / (2 sigma^2)) of features of length 1.

    The paper's features are CLIP's, which its code also normalises; features of other extractors give values that are not comparable
    with published CMMD. Its code includes the pairs of an image with itself, which makes the distance positive for equal sets; here the
    estimate is unbiased, as in the paper's text, with expectation 0. At sigma = 10, the kernel of two features of length 1 is
    1 - |x - y|^2 / 200 to 2 %: the distance is then almost that of the two means. Smaller bandwidths also see higher moments.

    Raises:
        InputError: a set has fewer than two images.
    """
    require_images("Gaussian kernel distance (MMD)", {"real": len(real), "generated": len(fake)}, 2)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        values: np.ndarray = x @ y.T
        values /= lengths(x)[:, None]
        values /= lengths(y)
        values -= 1  # -|x - y|^2 / 2 of features of length 1
        values /= bandwidth**2
        np.exp(values, out=values)
        return values

    return SCALE * discrepancy(real, fake, kernel)


def lengths(rows: np.ndarray) -> np.ndarray:
    """Rows (N, D) -> Euclidean lengths, (N,); 1 for rows of zeros, whose products with all rows are 0."""
    found = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    return np.where(found > 0, found, 1.0)
