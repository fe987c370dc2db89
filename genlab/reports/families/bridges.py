"""Numerical checks of two points where mixtures and VAEs coincide: the tight bound of EM, and the linear VAE."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from genlab.evaluation.scores import GroupName
from genlab.reports.artifacts import Project, prepared, trained, trained_on
from genlab.reports.comparison.runs import ScoredRun

MIXTURE, LINEAR = "gmm_digits", "vae_linear"  # the recipes that these checks are about


def describe(project: Project, runs: Sequence[ScoredRun]) -> list[str]:
    """Compose the lines of both checks. A check is left out if its recipe, its checkpoint or its images are missing."""
    lines: list[str] = []
    for run in runs:
        if run.name in CHECKS and all((project.folder / file).exists() for file in trained_on(run.name, run.images)):
            lines += CHECKS[run.name](project, run)
    return lines


def tight_bound(project: Project, run: ScoredRun) -> list[str]:
    """Show that the exact posterior q makes the bound of EM tight: ELBO(q) = sum_k q_k (log p(x, k) - log q_k) = log p(x)."""
    import torch

    from genlab.images.feeding.source import batch_of
    from genlab.recipes.mixture import Mixture

    images, mixture = prepared(project, run.images), cast(Mixture, trained(project, run.name)).best
    x = batch_of(images, images.indices("test"))["image"].flatten(1).double()
    joint, exact = mixture.log_joint(x), mixture.log_prob(x)
    posterior = torch.softmax(joint, 1)
    hard = torch.nn.functional.one_hot(joint.argmax(1), joint.shape[1]).double()
    spread = 0.9 * posterior + 0.1 / joint.shape[1]

    def gap(q: torch.Tensor) -> float:
        return float((exact - (q * (joint - q.clamp(min=1e-300).log())).sum(1)).mean())

    return [
        "## The same bound",
        "",
        "EM maximises the same bound as a VAE, E_q[log p(x, z) - log q(z)], alternately over q and over the parameters (Neal and Hinton",
        f"1998). Its q is the exact posterior, so the bound is tight. The gap of `{MIXTURE}` on the held-out digits, in float64:",
        "",
        "| q(z given x) | log p(x) - ELBO, nats, mean |",
        "|---|---:|",
        f"| the posterior, as computed by the E step | {gap(posterior):.1e} |",
        f"| the most probable component only, as in k-means | {gap(hard):.4f} |",
        f"| the posterior, with a tenth of its mass spread over all components | {gap(spread):.4f} |",
        "",
    ]


def linear_limit(project: Project, run: ScoredRun) -> list[str]:
    """Compare a VAE without hidden layers with probabilistic PCA, which is the same model and has a closed-form maximum likelihood."""
    from sklearn.decomposition import PCA

    from genlab.engine.seeding import seed_everything
    from genlab.images.feeding.source import batch_of
    from genlab.images.levels import dequantised, log_volume
    from genlab.mixtures.fitting import fit
    from genlab.mixtures.gaussian_mixture import GaussianMixture
    from genlab.mixtures.low_rank import LowRank
    from genlab.recipes.vae import VAE
    from genlab.variational.likelihoods import Gaussian

    images, recipe = prepared(project, run.images), cast(VAE, trained(project, run.name))
    seed_everything(0)
    levels, size = cast(Gaussian, recipe.likelihood).levels, recipe.prior.latent_size
    train, test = (dequantised(batch_of(images, images.indices(split))["image"], levels).flatten(1).double() for split in ("train", "test"))
    volume = log_volume(train.shape[1], levels)
    closed = PCA(size, svd_solver="full").fit(train.numpy()).score(test.numpy()) + volume
    analyser = GaussianMixture(1, train.shape[1], LowRank(size, isotropic=True), tolerance=1e-6, negligible=0.0)
    analyser.initialise(train, train[:1])
    fit(analyser, train, 500)
    em = float(analyser.log_prob(test).mean()) + volume
    group = run.evaluation.group(GroupName.LIKELIHOOD)
    own = {name: score.value for name, score in group.own.values.items()} if group else {}
    best = next(name for name in own if name.startswith("iwae_"))
    return [
        "## The linear limit",
        "",
        "A VAE whose decoder is a single matrix, with one variance for all pixels, is probabilistic PCA (Tipping and Bishop 1999; Lucas et",
        f"al. 2019, arXiv:1911.02469). Log-likelihoods of the held-out digits, scored in levels, with {size} latents:",
        "",
        "| | nats |",
        "|---|---:|",
        f"| probabilistic PCA, closed form (scikit-learn) | {closed:.2f} |",
        f"| one factor analyser with one variance, fitted by EM | {em:.2f} |",
        f"| `{LINEAR}`, importance-weighted bound, K = {int(best[5:]):,} | {own[best]:.2f} |",
        f"| `{LINEAR}`, ELBO | {own['elbo']:.2f} |",
        "",
    ]


CHECKS: Mapping[str, Callable[[Project, ScoredRun], list[str]]] = {MIXTURE: tight_bound, LINEAR: linear_limit}
