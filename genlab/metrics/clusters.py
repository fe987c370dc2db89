"""How well clusters that were found without labels agree with the labels. Manning et al. 2008, Introduction to Information Retrieval, 16.3.

Neither the clusters' nor the labels' numbers mean anything: all scores stay the same where they are renamed.
"""

import numpy as np


def cluster_scores(
    assignments: np.ndarray,  # (N,), the cluster of each image
    labels: np.ndarray,  # (N,), its class: numbers or names
) -> dict[str, float]:
    """-> purity, normalised mutual information and adjusted Rand index; 1 is perfect, of all three."""
    return {
        "purity": purity(assignments, labels),
        "nmi": normalised_mutual_information(assignments, labels),
        "ari": adjusted_rand_index(assignments, labels),
    }


def purity(assignments: np.ndarray, labels: np.ndarray) -> float:
    """(N,), (N,) -> share of the images with the commonest label of their cluster, in [1 / classes, 1]. Equation 16.1.

    It grows with the number of clusters and is 1 where every image is one of its own: say the number beside it.
    """
    return float(table(assignments, labels).max(0).sum() / len(labels))


def normalised_mutual_information(assignments: np.ndarray, labels: np.ndarray) -> float:
    """(N,), (N,) -> the mutual information over the mean of both entropies, in [0, 1]. Equations 16.2 to 16.6."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(labels, assignments, average_method="arithmetic"))


def adjusted_rand_index(assignments: np.ndarray, labels: np.ndarray) -> float:
    """(N,), (N,) -> share of the pairs of images that both keep together or both part, less what chance gives: 0 for chance, at most 1.

    Hubert and Arabie 1985, "Comparing partitions".
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(labels, assignments))


def best_matching_accuracy(assignments: np.ndarray, labels: np.ndarray) -> float:
    """(N,), (N,) -> share of the images that are right when each cluster gets one label and each label one cluster, the best way.

    "ACC" of the clustering papers (Xie et al. 2016, arXiv:1511.06335). With more clusters than labels the rest is wrong.
    """
    from scipy.optimize import linear_sum_assignment

    counts = table(assignments, labels)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))


def table(assignments: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,), (N,) -> how many images have which label in which cluster, (labels, clusters)."""
    from sklearn.metrics.cluster import contingency_matrix

    counts: np.ndarray = contingency_matrix(labels, assignments)
    return counts
