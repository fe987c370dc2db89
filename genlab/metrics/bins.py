"""Number of statistically different bins (NDB). Richardson and Weiss 2018 (arXiv:1805.12462).

A bin contains the images that are nearest to one of K centres, which k-means finds among the training images. Pixels are not rescaled, as
in the authors' experiment on MNIST. Dividing each pixel by its standard deviation, an option of their code, would give most weight to
the corners of the images, which are almost constant.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.neighbours import nearest
from genlab.mixtures.k_means import k_means

BINS = 100  # K
IMAGES = 10  # smallest average number of images per bin; the test has no power with fewer
SIGNIFICANCE = 0.05  # level of the two-sided test: this share of the bins differs by chance


class Difference(NamedTuple):
    """Differences between the distributions of two image sets over the bins."""

    share: float  # NDB / K: share of bins that differ significantly; 0.05 by chance, less if bins have few images
    divergence: float  # Jensen-Shannon divergence in nats, 0 to log 2; positive for any two finite sets
    bins: int  # K


@dataclass(frozen=True)
class Bins:
    """K bins, each around a centre."""

    centres: np.ndarray  # (K, D)

    def counts(self, images: np.ndarray) -> np.ndarray:
        """Images (N, D) -> number of images in each bin, (K,)."""
        return np.bincount(nearest(images, self.centres).indices[:, 0], minlength=len(self.centres))

    def different(
        self,
        samples: np.ndarray,  # (N, D)
        reference: np.ndarray,  # (M, D), real images: the training images, as in the paper, or others
    ) -> Difference:
        """Compare samples with reference images.

        For context, compare as many held-out real images with the same reference. Bins fit the images that they were computed from better
        than new images: between two sets of 4,000 draws of 400 independent normal numbers, three in five bins differ. Two sets that
        are balanced by class differ less than by chance.

        Raises:
            InputError: a set has no images.
        """
        require_images("bins (NDB)", {"generated": len(samples), "reference": len(reference)}, 1)
        return difference(self.counts(samples), self.counts(reference))


def difference(
    counts: np.ndarray,  # (K,), of the samples in each bin
    expected: np.ndarray,  # (K,), of the reference images
) -> Difference:
    """Compare the numbers of images of two sets in each bin; see `Bins.different`."""
    different = np.abs(two_proportions(counts, expected)) > NormalDist().inv_cdf(1 - SIGNIFICANCE / 2)
    return Difference(float(different.mean()), jensen_shannon(counts, expected), len(counts))


def bins_of(
    training: np.ndarray,  # (N, D): pixels or features
    count: int = BINS,  # number of bins; at most one per ten images
    seed: int = 0,
) -> Bins:
    """Compute the bins of a training set by k-means.

    Raises:
        InputError: there are no training images.
    """
    require_images("bins (NDB)", {"training": len(training)}, 1)
    count = max(1, min(count, len(training) // IMAGES))
    return Bins(k_means(training.astype(np.float64), count, seed))


def two_proportions(
    counts: np.ndarray,  # (K,), of N
    others: np.ndarray,  # (K,), of M
) -> np.ndarray:
    """Test statistic of two proportions per bin: z = (p - q) / sqrt(r (1 - r) (1 / N + 1 / M)), (K,).

    p and q are the shares of the two sets in a bin, r is the share of both sets together. z is standard normal if the shares are equal and
    the counts are not small. It is 0 for bins that contain no image or all images.
    """
    n, m = counts.sum(), others.sum()
    together = (counts + others) / (n + m)
    variance = together * (1 - together) * (1 / n + 1 / m)
    z: np.ndarray = np.divide(counts / n - others / m, np.sqrt(variance), out=np.zeros(len(counts)), where=variance > 0)
    return z


def jensen_shannon(counts: np.ndarray, others: np.ndarray) -> float:
    """Counts (K,) of two sets -> Jensen-Shannon divergence of their shares p and q in nats: H((p + q) / 2) - (H(p) + H(q)) / 2."""
    p, q = counts / counts.sum(), others / others.sum()
    return max(0.0, entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)


def entropy(shares: np.ndarray) -> float:
    """Shares (K,) that add up to 1 -> entropy in nats."""
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
