"""The table "variant, key contribution, metric": what each author added, and the metric that the paper argues with, as measured here."""

import enum
from collections.abc import Callable, Mapping
from typing import NamedTuple

from genlab.evaluation.scores import BITS_PER_DIMENSION, DIRECTIONS, GroupName
from genlab.reports.comparison.runs import ScoredRun
from genlab.reports.few_digits import few, shown, title
from genlab.study.results import sentence

LATE = 0.1  # share of the training at its end over which an estimate of the critic is averaged


class Metric(enum.StrEnum):
    """A metric that authors argue with, by its title."""

    JSD = "JSD estimate"
    WASSERSTEIN = "Wasserstein estimate"
    FID = "FID"
    PATH_LENGTH = "path length in W"
    STUDY = "user study"
    BITS = "bits per dimension"


class Contribution(NamedTuple):
    """What a variant added, the metric of its paper, and the paper."""

    variant: str
    key: str
    metric: Metric
    paper: str


# By the name of a recipe, which also stands for the names that continue it: `pix2pix` for `pix2pix_l1`.
CONTRIBUTIONS: Mapping[str, Contribution] = {
    "original_gan": Contribution("Original GAN", "generator against critic", Metric.JSD, "arXiv:1406.2661"),
    "gan": Contribution("GAN", "non-saturating loss, convolutional networks", Metric.JSD, "arXiv:1406.2661, arXiv:1511.06434"),
    "lsgan": Contribution("LSGAN", "least squares loss", Metric.FID, "arXiv:1611.04076"),
    "wgan": Contribution("WGAN", "Wasserstein distance, clipped weights", Metric.WASSERSTEIN, "arXiv:1701.07875"),
    "wgan_gp": Contribution("WGAN-GP", "gradient penalty in place of clipping", Metric.WASSERSTEIN, "arXiv:1704.00028"),
    "sngan": Contribution("SNGAN", "spectral normalisation of the critic", Metric.FID, "arXiv:1802.05957"),
    "unrolled_gan": Contribution("Unrolled GAN", "generator's loss through steps of the critic", Metric.FID, "arXiv:1611.02163"),
    "minibatch_gan": Contribution("Minibatch discrimination", "critic compares samples of a batch", Metric.FID, "arXiv:1606.03498"),
    "r3gan": Contribution("R3GAN", "relativistic pairing loss with R1 and R2", Metric.FID, "arXiv:2501.05441"),
    "cgan": Contribution("Conditional GAN", "generator and critic get the label", Metric.FID, "arXiv:1411.1784"),
    "acgan": Contribution("AC-GAN", "critic predicts the label", Metric.FID, "arXiv:1610.09585"),
    "projection_gan": Contribution("Projection GAN", "label by an inner product in the critic", Metric.FID, "arXiv:1802.05637"),
    "biggan": Contribution("BigGAN", "large batches, shared embedding, truncation", Metric.FID, "arXiv:1809.11096"),
    "progan": Contribution("ProGAN", "progressive growing", Metric.FID, "arXiv:1710.10196"),
    "stylegan": Contribution("StyleGAN", "mapping network and styles", Metric.PATH_LENGTH, "arXiv:1812.04948"),
    "stylegan2": Contribution("StyleGAN2", "weight demodulation, path length regularisation", Metric.PATH_LENGTH, "arXiv:1912.04958"),
    "stylegan2_ada": Contribution("StyleGAN2-ADA", "adaptive augmentation of the critic's input", Metric.FID, "arXiv:2006.06676"),
    "pix2pix": Contribution("pix2pix", "conditional GAN with L1 on pairs", Metric.STUDY, "arXiv:1611.07004"),
    "pix2pix_l1": Contribution("L1 only", "ablation of pix2pix without a critic (section 4.2)", Metric.STUDY, "arXiv:1611.07004"),
    "cyclegan": Contribution("CycleGAN", "cycle consistency without pairs", Metric.STUDY, "arXiv:1703.10593"),
    "vae": Contribution("VAE", "evidence lower bound, reparametrisation", Metric.BITS, "arXiv:1312.6114"),
    "gmm": Contribution("Gaussian mixture", "expectation-maximisation over whole images", Metric.BITS, "arXiv:1805.12462"),
}
BY_CLASS: Mapping[str, Metric] = {"VAE": Metric.BITS, "Mixture": Metric.BITS, "CycleGAN": Metric.STUDY, "Pix2Pix": Metric.STUDY}


def contribution_of(run: ScoredRun) -> Contribution:
    """The entry of a recipe; a recipe that is not in the table has the metric of its class, and FID if there is none."""
    found = [name for name in CONTRIBUTIONS if run.name == name or run.name.startswith(f"{name}_")]
    if found:
        return CONTRIBUTIONS[max(found, key=len)]
    return Contribution(run.kind, "", BY_CLASS.get(run.kind, Metric.FID), "")


def measured(run: ScoredRun) -> str:
    """The author's metric of a recipe, measured, in words; "-" if it was not measured."""
    return MEASURES[contribution_of(run).metric](run)


def estimate(run: ScoredRun, term: str) -> str:
    """Mean of an estimate of the critic over the last tenth of the training."""
    rows = [row for row in run.history if term in row]
    late = [row[term] for row in rows if row["images"] > (1 - LATE) * rows[-1]["images"]]
    return few(sum(late) / len(late)) if late else "-"


def frechet(run: ScoredRun) -> str:
    """FID of the samples or translations, with the name of its extractor if that is not Inception."""
    for name in (GroupName.SAMPLES, *DIRECTIONS):
        group = run.evaluation.group(name)
        if group and (found := [score for score in group.own.values if score.startswith("fid") and "infinity" not in score]):
            return f"{few(group.own.values[found[0]].value)} ({found[0]})"
    return "-"


def path_length(run: ScoredRun) -> str:
    """Perceptual path length in W with its standard error."""
    group = run.evaluation.group(GroupName.PATH_LENGTH)
    if group is None:
        return "-"
    name, score = next(iter(group.own.values.items()))
    return f"{shown(name, score.value, score.spread)} ({title(name)})"


def bits(run: ScoredRun) -> str:
    """Bits per dimension, and the evidence lower bound in nats if there is one."""
    group = run.evaluation.group(GroupName.LIKELIHOOD)
    if group is None:
        return "-"
    bound = group.own.values.get("elbo")
    return few(group.own.values[BITS_PER_DIMENSION].value) + (f", ELBO {few(bound.value)} nats" if bound else "")


def studied(run: ScoredRun) -> str:
    """What people said about these weights."""
    return "; ".join(map(sentence, run.studies)) or "-"


MEASURES: Mapping[Metric, Callable[[ScoredRun], str]] = {
    Metric.JSD: lambda run: estimate(run, "critic/jsd"),
    Metric.WASSERSTEIN: lambda run: estimate(run, "critic/wasserstein"),
    Metric.FID: frechet,
    Metric.PATH_LENGTH: path_length,
    Metric.STUDY: studied,
    Metric.BITS: bits,
}
