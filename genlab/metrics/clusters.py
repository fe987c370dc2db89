"""Agreement of clusters with labels. Manning et al. 2008, Introduction to Information Retrieval, section 16.3.

All scores are invariant under renaming of clusters and labels.
"""

import numpy as np

from genlab.metrics.counts import require_images


def cluster_scores(
    assignments: np.ndarray,  # cluster of each image, (N,)
    labels: np.ndarray,  # class of each image, (N,), as numbers or names
) -> dict[str, float]:
    """Purity, normalised mutual information (nmi) and adjusted Rand index (ari); 1 is a perfect agreement.

    Raises:
        InputError: there are no images.
    """
    return {
        "purity": purity(assignments, labels),
        "nmi": normalised_mutual_information(assignments, labels),
        "ari": adjusted_rand_index(assignments, labels),
    }


def purity(assignments: np.ndarray, labels: np.ndarray) -> float:
    """Share of the images that have the most frequent label of their cluster, in [1 / classes, 1]. Equation 16.1.

    Purity grows with the number of clusters, up to 1 for one cluster per image. Report it together with that number.
    """
    return float(table(assignments, labels).max(0).sum() / len(labels))


def normalised_mutual_information(assignments: np.ndarray, labels: np.ndarray) -> float:
    """Mutual information divided by the mean of both entropies, in [0, 1]. Equations 16.2 to 16.6."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(labels, assignments, average_method="arithmetic"))


def adjusted_rand_index(assignments: np.ndarray, labels: np.ndarray) -> float:
    """Share of image pairs on which clusters and labels agree, corrected for chance: 0 by chance, at most 1.

    Hubert and Arabie 1985, "Comparing partitions".
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(labels, assignments))


def best_matching_accuracy(assignments: np.ndarray, labels: np.ndarray) -> float:
    """Share of correct images under the best one-to-one assignment of clusters to labels.

    It is called ACC in the clustering literature (Xie et al. 2016, arXiv:1511.06335). If there are more clusters than labels, images of
    clusters without a label count as wrong.
    """
    from scipy.optimize import linear_sum_assignment

    counts = table(assignments, labels)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))


def table(assignments: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Contingency table: number of images with each label in each cluster, (labels, clusters).

    Raises:
        InputError: there are no images.
    """
    from sklearn.metrics.cluster import contingency_matrix

    require_images("agreement of clusters with labels", {"labelled": len(labels)}, 1)
    counts: np.ndarray = contingency_matrix(labels, assignments)
    return counts
