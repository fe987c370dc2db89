"""The methods whose mode collapse is compared: descriptions of recipes with the same networks and the same budget."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Description = dict[str, Any]

LOSSES = "genlab.losses.adversarial"
PENALTIES = "genlab.losses.penalties"


class Networks(NamedTuple):
    """Sizes that all methods share."""

    dimensions: int  # of a sample
    latent_size: int
    hidden: list[int]  # units per hidden layer of every network
    components: int  # of the mixture
    rate: float  # learning rate of Adam, for all methods but WGAN with clipping


def adam(rate: float) -> Description:
    """Adam with the betas of all methods."""
    return {"class": "torch.optim.Adam", "partial": True, "lr": rate, "betas": [0.5, 0.9], "fused": True}


def gan(loss: str, sizes: Networks, critic: Mapping[str, Any] | None = None, **more: Any) -> Description:
    """Describe a GAN with this loss; `critic` adds arguments of the critic."""
    generator = {"dimensions": sizes.dimensions, "latent_size": sizes.latent_size, "hidden": sizes.hidden}
    return {
        "class": "genlab.recipes.gan.GAN",
        "loss": {"class": f"{LOSSES}.{loss}"},
        "generator": {"class": "genlab.networks.points.Generator", **generator},
        "critic": {"class": "genlab.networks.points.Critic", "dimensions": sizes.dimensions, "hidden": sizes.hidden, **(critic or {})},
        "generator_optimizer": adam(sizes.rate),
        "critic_optimizer": adam(sizes.rate),
        "decay_start": 0.5,
        **more,
    }


def wgan(sizes: Networks) -> Description:
    """WGAN with clipping and its five critic steps. RMSprop as published; the rate is ten times the published one: the budget is short."""
    optimizer = {"class": "torch.optim.RMSprop", "partial": True, "lr": 5.0e-4}
    return gan("WASSERSTEIN", sizes, critic_steps=5, clip=0.1) | {"generator_optimizer": optimizer, "critic_optimizer": optimizer}


def minibatch(sizes: Networks) -> Description:
    """Minibatch discrimination after the last hidden layer of the critic."""
    layer = {"class": "genlab.networks.layers.minibatch.MinibatchDiscrimination", "partial": True, "kernels": 8, "dimensions": 4}
    return gan("NON_SATURATING", sizes, {"minibatch": layer})


def packed(sizes: Networks, packing: int = 2) -> Description:
    """Non-saturating loss with packs of samples."""
    described = gan("NON_SATURATING", sizes)
    wide = described["critic"] | {"dimensions": packing * sizes.dimensions}
    return described | {"critic": {"class": "genlab.networks.packing.Packed", "packing": packing, "critic": wide}}


def unrolled(sizes: Networks, steps: int) -> Description:
    """Non-saturating loss, with the critic unrolled by gradient descent."""
    return gan("NON_SATURATING", sizes, unrolled_steps=steps, unrolled_rate=0.02)


def vae(sizes: Networks) -> Description:
    """Variational autoencoder whose decoder has the layers of the generators, and whose encoder has those of the critics."""
    coder = {"size": 1, "channels": sizes.dimensions, "latent_size": sizes.latent_size, "hidden": sizes.hidden}
    return {
        "class": "genlab.recipes.vae.VAE",
        "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **coder},
        "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **coder},
        "likelihood": {"class": "genlab.variational.likelihoods.Gaussian", "levels": None},
        "optimizer": adam(sizes.rate),
        "beta_warm_up": 0.5,
        "decay_start": 0.5,
    }


def mixture(sizes: Networks) -> Description:
    """Gaussian mixture by EM, from k-means, with as many components as the density has modes (of the digits: fewer)."""
    return {
        "class": "genlab.recipes.mixture.Mixture",
        "size": 1,
        "channels": sizes.dimensions,
        "components": sizes.components,
        "covariance": {"class": "genlab.mixtures.covariances.Diagonal", "partial": True, "regularisation": 1.0e-6},
        "start": {"class": "genlab.mixtures.starts.KMeans", "restarts": 3},
        "levels": None,
    }


METHODS: dict[str, Callable[[Networks], Description]] = {
    "minimax": lambda sizes: gan("MINIMAX", sizes),
    "non-saturating": lambda sizes: gan("NON_SATURATING", sizes),
    "LSGAN": lambda sizes: gan("LEAST_SQUARES", sizes),
    "WGAN": wgan,
    "WGAN-GP": lambda sizes: gan(
        "WASSERSTEIN", sizes, critic_steps=5, penalties={"gradient": {"class": f"{PENALTIES}.one_centred", "partial": True, "weight": 0.1}}
    ),
    "hinge, spectral norm": lambda sizes: gan("HINGE", sizes, {"norm": "spectral"}),
    "minibatch discrimination": minibatch,
    "packing (2)": packed,
    "unrolled, 1 step": lambda sizes: unrolled(sizes, 1),
    "unrolled, 5 steps": lambda sizes: unrolled(sizes, 5),
    "unrolled, 10 steps": lambda sizes: unrolled(sizes, 10),
    "R3GAN": lambda sizes: gan(
        "RELATIVISTIC",
        sizes,
        penalties={name: {"class": f"{PENALTIES}.{name}", "partial": True, "weight": 0.1} for name in ("r1", "r2")},
    ),
    "VAE": vae,
    "mixture by EM": mixture,
}
