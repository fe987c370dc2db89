"""Further scores of samples: distances other than KID and FID, diversity, and certainty of a classifier."""

import logging
from collections.abc import Mapping

import numpy as np

from genlab.evaluation.reference import Reference
from genlab.evaluation.scores import SPREAD, Group, GroupName, RowName, Rows
from genlab.evaluation.seen import Seen
from genlab.evaluation.settings import SUBSET_SEED, Settings
from genlab.extractors.classifier import Classifier
from genlab.extractors.contract import Classifies, Extractor, Named
from genlab.metrics.estimate import Estimate
from genlab.metrics.frechet_infinity import PIECES, fewest_images, frechet_infinity
from genlab.metrics.gaussian_kernel import BANDWIDTH, gaussian_kernel_distance
from genlab.metrics.gaussian_kernel import SCALE as MMD_SCALE
from genlab.metrics.inception_score import SPLITS, inception_score
from genlab.metrics.moments import Moments, moments_of
from genlab.metrics.names import in_features_of
from genlab.metrics.pyramid import PATCH, PATCHES, SMALLEST, pyramid_wasserstein
from genlab.metrics.pyramid import SCALE as PATCH_SCALE
from genlab.metrics.sliced import DIRECTIONS, sliced_wasserstein
from genlab.metrics.vendi import vendi_score

log = logging.getLogger(__name__)


def further_scores(drawn: Mapping[str, Seen], reference: Reference, extractor: Extractor, settings: Settings) -> Group:
    """Compute the group `further`, in the features of the extractor, for the samples, the baselines, and the held-out images.

    - `fid_infinity`: FID extrapolated to an infinite number of samples; left out where there are too few for a fit.
    - `mmd`: with a Gaussian kernel, in CMMD's form.
    - `sliced_wasserstein`: of features. `swd_<side>`: of image patches at each level of a pyramid, ProGAN's metric.
    - `vendi`: the effective number of different images.
    - `is`: the Inception Score in the classes of the extractor; left out if it has none.
    """
    log.info("computing further distances, and the diversity of the samples")
    real, known = reference.features, moments_of(reference.features)
    patches = reference.images.images[reference.test[: settings.patched]]
    rows: Rows = {}
    for name, seen in drawn.items():
        mmd, sliced = gaussian_kernel_distance(real, seen.features), sliced_wasserstein(real, seen.features, SUBSET_SEED)
        distances = {"mmd": Estimate(mmd, None), "sliced_wasserstein": Estimate(sliced, None)}
        infinite = {"fid_infinity": extrapolated(known, seen.features)}
        rows[name] = named(infinite | distances | alone(seen.features, extractor), extractor)
        if len(patches) and min(patches.shape[1:3]) >= SMALLEST:
            rows[name] |= {f"swd_{side}": value for side, value in pyramid_wasserstein(patches, seen.first, SUBSET_SEED).items()}
    rows[RowName.HELD_OUT_IMAGES] = named(alone(real, extractor), extractor)
    return Group.from_json(GroupName.FURTHER, rows)


def further_protocol(settings: Settings) -> str:
    """Describe in words how these scores are computed; part of the protocol of an evaluation."""
    most = settings.patched
    patches = f"; swd: {PATCHES} patches of {PATCH} px of each of at most {most} images, x {PATCH_SCALE:g}" if most else ""
    return (
        f"fid_infinity: line through {PIECES - 1} sizes from N / 8 on, each above the number of features; mmd: unbiased, Gaussian kernel, "
        f"sigma {BANDWIDTH:g}, features of length 1, x {MMD_SCALE:g}; sliced_wasserstein: {DIRECTIONS} directions, p = 2{patches}; "
        f"vendi: cosine kernel; is: mean ± standard deviation over {SPLITS} splits"
    )


def extrapolated(real: Moments, fake: np.ndarray) -> Estimate | None:
    """FID-infinity of features (N, D), or None if there are too few for a fit."""
    return frechet_infinity(real, fake, SUBSET_SEED) if len(fake) >= fewest_images(fake.shape[1]) else None


def alone(features: np.ndarray, extractor: Extractor | Classifier) -> dict[str, Estimate | None]:
    """Scores of features (N, D) that need no real images: Vendi score, and Inception Score if the extractor classifies."""
    return {"vendi": Estimate(vendi_score(features), None), "is": certainty(features, extractor)}


def certainty(features: np.ndarray, extractor: Extractor | Classifier) -> Estimate | None:
    """Inception Score of features (N, D) in the classes of the extractor; None if it has no classes, or for fewer images than splits."""
    if not isinstance(extractor, Classifies) or len(features) < SPLITS:
        return None
    return inception_score(extractor.probabilities_of(features), seed=SUBSET_SEED)


def named(scores: Mapping[str, Estimate | None], extractor: Named) -> dict[str, float]:
    """Scores in the features of an extractor under their names, with their spreads; those that are None are left out."""
    rows: dict[str, float] = {}
    for score, estimate in scores.items():
        if estimate is not None:
            name = in_features_of(extractor.name, score)
            rows |= {name: estimate.value} | ({} if estimate.spread is None else {f"{name}{SPREAD}": estimate.spread})
    return rows
