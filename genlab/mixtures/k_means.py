"""k-means clustering, with scikit-learn."""

import numpy as np


def k_means(
    points: np.ndarray,  # (N, D)
    count: int,  # K
    seed: int,
    iterations: int = 300,  # at most
) -> np.ndarray:
    """Centres (K, D) of one k-means run that starts with k-means++ (Arthur and Vassilvitskii 2007); the same for any number of threads."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # threads would add up partial sums in any order
        centres: np.ndarray = KMeans(count, n_init=1, max_iter=iterations, random_state=seed).fit(points).cluster_centers_
    return centres
