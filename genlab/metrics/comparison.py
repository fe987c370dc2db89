"""KID with its spread, precision, recall, density and coverage of generated images, from one pass over all pairs.

The manifold of a set is the union of balls around its images in feature space. Each ball reaches to the k-th nearest other image of the
set; in a set of at most k images, to the farthest.
"""

from typing import NamedTuple

import numpy as np

from genlab.metrics.counts import require_images
from genlab.metrics.kernel import FEWEST
from genlab.metrics.pairs import Within, between, within

NEIGHBOURS = 3  # k of precision and recall, arXiv:1904.06991, section 3.1
WIDER = 5  # k of density and coverage, arXiv:2002.09797, section 4


class Subsets(NamedTuple):
    """Random subsets of both sets, without replacement, over which the spread of KID is estimated."""

    seed: int = 0
    number: int = 100  # 0: no spread
    share: float = 0.5  # share of the images of a set in a subset
    largest: int | None = None  # largest number of images of a set in a subset, at least two; None: no limit


DEFAULT = Subsets()


class Comparison(NamedTuple):
    """How generated images compare with real ones."""

    kid: float  # as `genlab.metrics.kernel.kernel_distance`
    kid_spread: float | None  # standard deviation over subsets; None if there is one subset only, the whole sets
    precision: float  # share of generated images in the manifold of the real ones: whether samples look real
    recall: float  # share of real images in the manifold of the generated ones: whether samples cover the variety of real images
    density: float  # mean number of wider balls of real images that a generated image is in, divided by k; not limited to 1
    coverage: float  # share of real images with a generated one in their wider ball


def compare(
    real: np.ndarray,  # features (N, D)
    fake: np.ndarray,  # features (M, D)
    subsets: Subsets = DEFAULT,
    known: Within | None = None,  # the result of `of_set` for the real images, if it is known
    neighbours: int = NEIGHBOURS,
    wider: int = WIDER,
) -> Comparison:
    """Compare the features of generated images with those of real ones.

    Precision and recall: Kynkaanniemi et al. 2019 (arXiv:1904.06991), equations 1 and 2. Density and coverage: Naeem et al. 2020
    (arXiv:2002.09797), equations 3 and 5; an outlier among the real images does not raise them as it raises precision and recall. The
    authors' package `prdc` computes the same from whole N x M matrices. KID: Binkowski et al. 2018 (arXiv:1801.01401); the paper averages
    over subsets of 1,000 images, here the value is that of the whole sets.

    Compare sets of equal size, since balls shrink as a set grows.

    Raises:
        InputError: a set or the subsets have fewer than two images.
    """
    counts = {"real": len(real), "generated": len(fake)}
    require_images("comparison of features", counts, FEWEST)
    if subsets.largest is not None:
        require_images("spread of the kernel distance (KID)", {"largest": subsets.largest}, FEWEST)
    chosen = selections(len(real), subsets, 0), selections(len(fake), subsets, 1)
    of_real = known or of_set(real, subsets, neighbours, wider)
    of_fake = within(fake, chosen[1], max(neighbours, wider))
    reach = tuple(each.nearest[:, :neighbours][:, -1] for each in (of_real, of_fake))
    pairs = between(real, fake, chosen, (reach[0], reach[1]), of_real.nearest[:, :wider][:, -1])
    n, m = (each.sum(0) for each in chosen)
    kid = of_real.kernel / (n * (n - 1)) + of_fake.kernel / (m * (m - 1)) - 2 * pairs.kernel / (n * m)
    return Comparison(
        kid=float(kid[0]),
        kid_spread=float(np.std(kid[1:])) if subsets.number and max(counts.values()) > FEWEST else None,
        precision=float(pairs.in_real.mean()),
        recall=float(pairs.in_fake.mean()),
        density=float(pairs.balls.mean() / min(wider, len(real) - 1)),
        coverage=float(pairs.covered.mean()),
    )


def of_set(real: np.ndarray, subsets: Subsets = DEFAULT, neighbours: int = NEIGHBOURS, wider: int = WIDER) -> Within:
    """Compute the part of `compare` that depends on the real images (N, D) only."""
    return within(real, selections(len(real), subsets, 0), max(neighbours, wider))


def selections(
    count: int,
    subsets: Subsets,
    side: int,  # 0 for the real images, 1 for the generated ones: their subsets are independent
) -> np.ndarray:
    """The whole set in the first column and a subset in each further one: 1 for its images, 0 for all others, float64 (N, 1 + R)."""
    random, size = np.random.default_rng([subsets.seed, side]), max(FEWEST, int(subsets.share * count))
    chosen = np.zeros((count, 1 + subsets.number))
    chosen[:, 0] = 1
    for column in range(1, 1 + subsets.number):
        chosen[random.choice(count, size if subsets.largest is None else min(size, subsets.largest), replace=False), column] = 1
    return chosen
