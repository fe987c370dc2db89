"""Where mixtures and VAEs are the same thing, checked with numbers: the bound that is tight, and the linear VAE."""

from collections.abc import Mapping
from typing import Any

from genlab.reports.artifacts import Project, metrics_of, prepared, trained

MIXTURE, LINEAR = "gmm_digits", "vae_linear"  # the recipes that these checks are about


def describe(project: Project, entries: Mapping[str, Any]) -> list[str]:
    """The page's lines; none where the recipes are not there."""
    lines = []
    if MIXTURE in entries:
        lines += tight_bound(project, entries[MIXTURE])
    if LINEAR in entries:
        lines += linear_limit(project, entries[LINEAR])
    return lines


def tight_bound(project: Project, entry: Mapping[str, Any]) -> list[str]:
    """EM's two steps as one bound, which the exact posterior makes tight: ELBO(q) = sum_k q_k (log p(x, k) - log q_k)."""
    import torch

    from genlab.images.feeding.source import batch_of

    images, mixture = prepared(project, entry["images"]), trained(project, MIXTURE).best
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
        "EM climbs the VAE's own bound, E_q[log p(x, z) - log q(z)], by turns in q and in the parameters (Neal and Hinton 1998); its q is",
        f"the exact posterior, so that the bound is tight. `{MIXTURE}` on the held-out digits, in float64:",
        "",
        "| q(z given x) | log p(x) - ELBO, nats, mean |",
        "|---|---:|",
        f"| the posterior, as the E step computes it | {gap(posterior):.1e} |",
        f"| the likeliest component alone, as k-means would | {gap(hard):.4f} |",
        f"| a tenth of it spread over all components | {gap(spread):.4f} |",
        "",
    ]


def linear_limit(project: Project, entry: Mapping[str, Any]) -> list[str]:
    """A VAE without hidden layers is probabilistic PCA, whose maximum likelihood is known in closed form."""
    from sklearn.decomposition import PCA

    from genlab.engine.seeding import seed_everything
    from genlab.images.feeding.source import batch_of
    from genlab.images.levels import dequantised, log_volume
    from genlab.mixtures.gaussian_mixture import GaussianMixture, fit
    from genlab.mixtures.low_rank import LowRank

    images, recipe = prepared(project, entry["images"]), trained(project, LINEAR)
    seed_everything(0)
    levels, size = recipe.likelihood.levels, recipe.prior.latent_size
    train, test = (dequantised(batch_of(images, images.indices(split))["image"], levels).flatten(1).double() for split in ("train", "test"))
    volume = log_volume(train.shape[1], levels)
    closed = PCA(size, svd_solver="full").fit(train.numpy()).score(test.numpy()) + volume
    analyser = GaussianMixture(1, train.shape[1], LowRank(size, isotropic=True), tolerance=1e-6, negligible=0.0)
    analyser.initialise(train, train[:1])
    fit(analyser, train, 500)
    em = float(analyser.log_prob(test).mean()) + volume
    own = metrics_of(project, LINEAR)["likelihood"]["held-out images"]
    best = next(name for name in own if name.startswith("iwae_"))
    return [
        "## The linear limit",
        "",
        "With a decoder that is one matrix, and one variance for all pixels, a VAE is probabilistic PCA (Tipping and Bishop 1999; Lucas et",
        f"al. 2019, arXiv:1911.02469): {size} latents, the held-out digits, nats in levels.",
        "",
        "| | nats |",
        "|---|---:|",
        f"| probabilistic PCA, closed form (scikit-learn) | {closed:.2f} |",
        f"| one factor analyser with one variance, by EM | {em:.2f} |",
        f"| `{LINEAR}`, importance-weighted bound, K = {int(best[5:]):,} | {own[best]:.2f} |",
        f"| `{LINEAR}`, ELBO | {own['elbo']:.2f} |",
        "",
    ]
