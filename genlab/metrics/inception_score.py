"""The Inception Score, for the probabilities of any classifier. Salimans et al. 2016 (arXiv:1606.03498), section 4."""

import numpy as np

from genlab.errors import InputError
from genlab.metrics.content_order import content_order
from genlab.metrics.counts import require_images
from genlab.metrics.estimate import Estimate

SPLITS = 10
TOLERANCE = 1e-3  # of sums of probabilities


def inception_score(
    probabilities: np.ndarray,  # p(y | x) of each image x, (N, K)
    splits: int = SPLITS,  # parts of equal size, as in the authors' code; 1: the whole set, without a spread
    seed: int = 0,  # of the random parts
) -> Estimate:
    """Mean over the splits of exp(mean_x KL(p(y | x) || p(y))), in [1, K], and its standard deviation. p(y) is the mean of p(y | x).

    It is high if each image has a certain class and the classes are balanced; it does not see whether images of a class are equal, nor
    real images. The score grows with the number of images per split. Parts depend on the seed, not on the order of the images.

    Raises:
        InputError: there are fewer images than splits, or rows are not probabilities.
    """
    require_images("Inception Score", {"generated": len(probabilities)}, max(1, splits))
    rows = probabilities.astype(np.float64)
    if (rows < 0).any() or (np.abs(rows.sum(1) - 1) > TOLERANCE).any():
        raise InputError(
            f"Inception Score: got rows that add up to {rows.sum(1).min():.4g} to {rows.sum(1).max():.4g}, with smallest value "
            f"{rows.min():.4g}; expected probabilities: at least 0, adding up to 1. Apply a softmax to logits."
        )
    rows /= rows.sum(1, keepdims=True)
    values = [score(rows[part]) for part in np.array_split(content_order(rows, seed), splits)]
    return Estimate(float(np.mean(values)), float(np.std(values)) if splits > 1 else None)


def score(rows: np.ndarray) -> float:
    """Probabilities (N, K) -> exp(H(p(y)) - mean_x H(p(y | x))), which equals exp(mean_x KL(p(y | x) || p(y)))."""
    return float(np.exp(entropies(rows.mean(0)) - entropies(rows).mean()))


def entropies(rows: np.ndarray) -> np.ndarray:
    """Probabilities (..., K) -> entropies in nats, (...,)."""
    logarithms = np.log(rows, out=np.zeros_like(rows), where=rows > 0)
    entropy: np.ndarray = -(rows * logarithms).sum(-1)
    return entropy
