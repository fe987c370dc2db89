"""Whether samples fall as often as real images into each of many bins. Richardson and Weiss 2018 (arXiv:1805.12462).

A bin holds what is nearest to one of K centres, found by k-means among the training images. Pixels are taken as they are, as in the
authors' experiment on MNIST; dividing each by its standard deviation, which their code can do too, would let the corners decide,
where hardly anything ever is.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from genlab.metrics.neighbours import nearest
from genlab.mixtures.k_means import k_means

BINS = 100  # K
IMAGES = 10  # a bin, at least, on average: with fewer the test is blind
SIGNIFICANCE = 0.05  # of the test, on both sides: so many bins differ by chance


class Difference(NamedTuple):
    """How two sets of images differ in what falls into the bins."""

    share: float  # NDB / K: bins whose shares differ significantly, of all bins; by chance 0.05, less where few images are in one
    divergence: float  # Jensen-Shannon, of the bins' shares, in nats: 0 to log 2; above 0 for any two finite sets
    bins: int  # K


@dataclass(frozen=True)
class Bins:
    """The cells around K centres."""

    centres: np.ndarray  # (K, D)

    def counts(self, images: np.ndarray) -> np.ndarray:
        """(N, D) -> how many fall into each bin, (K,)."""
        return np.bincount(nearest(images, self.centres).indices[:, 0], minlength=len(self.centres))

    def different(
        self,
        samples: np.ndarray,  # (N, D)
        reference: np.ndarray,  # (M, D), real: the training images, as in the paper, or others
    ) -> Difference:
        """The number of statistically different bins, as a share, and the Jensen-Shannon divergence.

        Show real held-out images against the same reference beside it, as many as there are samples: bins fit the images that they were
        made of better than new ones (three in five differ between 4,000 and 4,000 draws of 400 independent normal numbers), and two sets
        that are balanced by class differ less than chance has it.
        """
        counts, expected = self.counts(samples), self.counts(reference)
        different = np.abs(two_proportions(counts, expected)) > NormalDist().inv_cdf(1 - SIGNIFICANCE / 2)
        return Difference(float(different.mean()), jensen_shannon(counts, expected), len(self.centres))


def bins_of(
    training: np.ndarray,  # (N, D): pixels or features
    count: int = BINS,  # fewer where the images are few: one for each ten
    seed: int = 0,
) -> Bins:
    """The bins of a training set, by k-means."""
    count = max(1, min(count, len(training) // IMAGES))
    return Bins(k_means(training.astype(np.float64), count, seed))


def two_proportions(
    counts: np.ndarray,  # (K,), of N
    others: np.ndarray,  # (K,), of M
) -> np.ndarray:
    """Two sets' counts -> z (K,) = (p - q) / sqrt(r (1 - r) (1 / N + 1 / M)), p and q the shares, r that of both sets together.

    Standard normal where the shares are equal and the counts not small; 0 where no image of either set is, or every one.
    """
    n, m = counts.sum(), others.sum()
    together = (counts + others) / (n + m)
    variance = together * (1 - together) * (1 / n + 1 / m)
    z: np.ndarray = np.divide(counts / n - others / m, np.sqrt(variance), out=np.zeros(len(counts)), where=variance > 0)
    return z


def jensen_shannon(counts: np.ndarray, others: np.ndarray) -> float:
    """Two sets' counts (K,) -> the mean divergence of their shares from the shares' mean, in nats: H((p + q) / 2) - (H(p) + H(q)) / 2."""
    p, q = counts / counts.sum(), others / others.sum()
    return max(0.0, entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)


def entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
