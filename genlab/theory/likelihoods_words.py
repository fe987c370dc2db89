"""Texts of the claim about the likelihoods of mixtures and variational autoencoders, its tables, and its findings."""

from collections.abc import Mapping, Sequence

from genlab.theory.claim import Table
from genlab.theory.latent_models import Autoencoder, Fitted

EQUATION = (
    r"\log p(x) = \mathbb{E}_{q(z \mid x)} \log p(x \mid z) - \mathrm{KL}\big(q(z \mid x) \Vert p(z)\big) + "
    r"\mathrm{KL}\big(q(z \mid x) \Vert p(z \mid x)\big)"
)
STATEMENT = r"""A Gaussian mixture and a variational autoencoder are both latent variable models: the latent is the component $k$ in one,
$p(x) = \sum_k \pi_k p(x \mid k)$, and a vector $z$ in the other, $p(x) = \int p(z) p(x \mid z) dz$. Here both are trained on samples of
the same known mixture, so that their likelihoods can be compared with the truth. No model has a higher mean log-likelihood than the
negative entropy of the data, $\mathbb{E}_p \log p$, except by chance.

EM maximises the likelihood itself. With the right number of components, the gap that remains comes from the finite number $N$ of training
samples: $\mathrm{KL}(p \Vert \hat p)$ is about (free parameters) / $2N$, since the estimates of an efficient method deviate by their
standard errors. The mixtures are fitted to several training sets, and the gap is computed by quadrature.

The autoencoder maximises a bound, the ELBO: the first two terms above. With one or two latents, the integral over the latents can be
computed by quadrature, which gives $\log p(x)$ exactly, and the gap to the bound as $\mathrm{KL}(q(z \mid x) \Vert p(z \mid x))$. Bounds
with $K$ importance samples rise to $\log p(x)$.

An autoencoder is a continuous mixture in this sense: its density is the limit of finite mixtures of the $p(x \mid z_k)$ with equal weights
at quantiles $z_k$ of the prior, which is measured for one latent. It differs from a Gaussian mixture in three respects. The weights are not
fitted, since the prior fixes them. The means are not free, since one continuous decoder ties them: the decoder's curve or surface has to
pass between modes. And the inference is not exact: $q(z \mid x)$ is normal, and one encoder computes it for all images, whereas the
responsibilities of a mixture are the exact posterior."""
DENSITIES = (
    "Log-densities; brighter is more probable. The line in the third panel is the decoder's curve, the means of the components of one "
    "latent. Look between the modes, where the autoencoders have to place mass."
)
LATENTS = (
    r"Aggregate posterior $q(z)$, the mean of $q(z \mid x)$ over points, against the prior $p(z)$. Where the prior is high and $q(z)$ is "
    "low, the decoder was not trained on the latents that sampling draws."
)
BOUNDS = (
    "Importance-weighted bounds rise to the exact log-likelihood of each autoencoder, not to the truth: the dotted line is the mean "
    "log-density of the same points under the truth."
)


def findings(
    mixtures: Sequence[Fitted],
    autoencoders: Mapping[int, Autoencoder],
    truth: float,  # mean log-density of the fresh points under the truth
    away: Mapping[str, float],  # share of samples outside 3 deviations of all modes, by model
) -> list[str]:
    """What the numbers show, in words that they select."""
    gaps = [each.gap for each in mixtures]
    texts = [
        f"EM loses {sum(gaps) / len(gaps):.4f} nats to the truth ({min(gaps):.4f} to {max(gaps):.4f} over {len(gaps)} training sets), and "
        f"the rule predicts {mixtures[0].expected_gap:.4f}."
    ]
    for latents, each in autoencoders.items():
        texts.append(
            f"With {latents} latent{'s' if latents > 1 else ''}, the autoencoder is {truth - each.exact:.3f} nats below the truth, and its "
            f"bound {each.divergence:.3f} nats below its own likelihood. Of the {each.rate:.2f} nats of "
            r"$\mathrm{KL}(q(z \mid x) \Vert p(z))$, "
            f"{each.aggregate:.2f} are " + r"$\mathrm{KL}(q(z) \Vert p(z))$, " + "the mismatch of aggregate posterior and prior, and "
            f"{each.rate - each.aggregate:.2f} are information about the point."
        )
    worst = max(away, key=lambda name: away[name])
    texts.append(
        "Share of samples further than 3 deviations from all modes: "
        + "; ".join(f"{name} {share:.1%}" for name, share in away.items())
        + (f". {worst}: the largest share, since its means are tied." if worst.startswith("VAE") else ".")
    )
    if autoencoders[2].exact < autoencoders[1].exact:
        texts.append(
            "A second latent does not help here: the likelihood is lower than with one. Training maximises the bound, not the likelihood: "
            "it also pays for the distance of the posterior from a normal distribution."
        )
    return texts


def mixture_table(mixtures: Sequence[Fitted], samples: int) -> Table:
    """Table of the mixtures, one row per training set."""
    rows = [
        (str(number), f"{each.gap:.4f}", f"{each.expected_gap:.4f}", str(each.found), str(int(each.recipe.best.passes)))
        for number, each in enumerate(mixtures, 1)
    ]
    columns = ("training set", "KL to the truth, nats", "free parameters / 2N", "modes found", "EM steps")
    return Table("EM on several training sets", columns, tuple(rows), f"{samples:,} samples each. KL by quadrature over the plane.")


def bound_table(autoencoders: Mapping[int, Autoencoder], truth: float) -> Table:
    """Table of the autoencoders' bounds and exact likelihoods, one row per number of latents."""
    numbers = sorted(int(name.removeprefix("iwae_")) for name in autoencoders[1].bounds if name != "elbo")
    columns = ("latents", "ELBO", *(f"K = {number}" for number in numbers), "exact", "truth")
    rows = []
    for latents, each in autoencoders.items():
        values = [each.bounds["elbo"], *(each.bounds[f"iwae_{number}"] for number in numbers), each.exact, truth]
        rows.append((str(latents), *(f"{value:.4f}" for value in values)))
    return Table("Mean log-likelihood and bounds of the autoencoders, nats", columns, tuple(rows), "Means over the same fresh points.")


def divergence_table(autoencoders: Mapping[int, Autoencoder]) -> Table:
    """Table of the autoencoders' divergences, one row per number of latents."""
    columns = ("latents", "KL(q(z|x), p(z|x))", "KL(q(z|x), p(z))", "KL(q(z), p(z))", "information")
    rows = []
    for latents, each in autoencoders.items():
        values = (each.divergence, each.rate, each.aggregate, each.rate - each.aggregate)
        rows.append((str(latents), *(f"{value:.4f}" for value in values)))
    note = "Information: of the latent about the point, the second divergence minus the third (Hoffman and Johnson 2016)."
    return Table("Divergences of the autoencoders, nats", columns, tuple(rows), note)


def finite_table(rows: Sequence[tuple[int, float]], exact: float) -> Table:
    """Table of finite mixtures that tend to the autoencoder with one latent: (components, mean log-likelihood)."""
    columns = ("components", "mean log-likelihood, nats", "exact minus this")
    cells = [(str(count), f"{value:.4f}", f"{round(exact - value, 4) + 0.0:.4f}") for count, value in rows]
    return Table("One latent as a finite mixture at quantiles of the prior", columns, tuple(cells))
