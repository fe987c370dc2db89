"""Adversarial losses of critic and generator, as functions of the critic's logits."""

import math
from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

Logits = Callable[[], Tensor]  # computed lazily, since most generator losses do not use the real logits


class AdversarialLoss(NamedTuple):
    """Losses of critic and generator. Logits (N, ...) -> one value per logit, (N, ...); the recipe averages them."""

    critic: Callable[[Tensor, Tensor], Tensor]  # (real logits, fake logits) -> loss
    generator: Callable[[Tensor, Logits], Tensor]  # (fake logits, function that returns the real logits) -> loss
    probability: bool = False  # True if sigmoid(logit) estimates D(x)
    bounded: bool = True  # False if the critic's loss has no lower bound (Wasserstein); else its infimum is 0

    def estimates(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Logits (N, ...) -> scalars to log: the critic's mean outputs `real` and `fake`, and an estimated divergence if the loss has one.

        With `probability`, `real` and `fake` are the means of D(x) and D(G(z)) in [0, 1], and `jsd` estimates the Jensen-Shannon
        divergence. Otherwise they are mean logits, and for an unbounded loss `wasserstein` estimates the Wasserstein-1 distance.
        """
        if self.probability:
            return {"real": real.sigmoid().mean(), "fake": fake.sigmoid().mean(), "jsd": jensen_shannon(real, fake)}
        outputs = {"real": real.mean(), "fake": fake.mean()}
        return outputs if self.bounded else outputs | {"wasserstein": wasserstein(real, fake)}


def binary_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), D = sigmoid(logit). Goodfellow et al. 2014 (arXiv:1406.2661), equation 1.

    log(1 - sigmoid(l)) is computed as logsigmoid(-l), which does not overflow.
    """
    return -logsigmoid(real) - logsigmoid(-fake)


def jensen_shannon(real: Tensor, fake: Tensor) -> Tensor:
    """Logits (N, ...) of D = sigmoid(logit) -> a lower bound of the Jensen-Shannon divergence in nats, a scalar.

    The value of the objective is 2 JSD - log 4 for the optimal critic and lower for any other (Goodfellow et al. 2014, theorem 1). The
    bound is at most log 2, and negative for a critic that is worse than an undecided one (D = 1/2).
    """
    value = -binary_cross_entropy(real, fake).mean()
    return (value + math.log(4)) / 2


def least_squares(real: Tensor, fake: Tensor) -> Tensor:
    """1/2 (D(x) - 1)^2 + 1/2 D(G(z))^2. Mao et al. 2016 (arXiv:1611.04076), equation 9: targets 1 and 0."""
    return (real - 1).square() / 2 + fake.square() / 2


def wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    """Logits (N, ...) -> a lower bound of the Wasserstein-1 distance times the critic's Lipschitz constant, a scalar.

    Arjovsky et al. 2017 (arXiv:1701.07875), equation 3.
    """
    return real.mean() - fake.mean()


def ranking_accuracy(real: Tensor, fake: Tensor) -> Tensor:
    """Logits (N, ...) -> the share of (real, fake) pairs in which the real logit is higher, a scalar; ties count 1/2.

    This is the area under the ROC curve. Unlike the share of correct signs, it has the same meaning for every loss, including Wasserstein.
    """
    difference = real.flatten()[:, None] - fake.flatten()[None]
    return (difference.sign().mean() + 1) / 2


# Goodfellow et al. 2014, equation 1: the generator minimises log(1 - D(G(z))), whose gradient vanishes if the critic is confident.
MINIMAX = AdversarialLoss(binary_cross_entropy, lambda fake, real: logsigmoid(-fake), probability=True)
# Goodfellow et al. 2014, section 3: the generator maximises log D(G(z)) instead.
NON_SATURATING = AdversarialLoss(binary_cross_entropy, lambda fake, real: -logsigmoid(fake), probability=True)
# The generator's term is not halved, as in CycleGAN (arXiv:1703.10593, section 4), which weights it relative to lambda = 10.
LEAST_SQUARES = AdversarialLoss(least_squares, lambda fake, real: (fake - 1).square())
# Arjovsky et al. 2017 (arXiv:1701.07875), equation 2; the critic's Lipschitz constant must be kept near 1.
WASSERSTEIN = AdversarialLoss(lambda real, fake: fake - real, lambda fake, real: -fake, bounded=False)
# Lim and Ye 2017 (arXiv:1705.02894); Miyato et al. 2018 (arXiv:1802.05957), equations 16 and 17.
HINGE = AdversarialLoss(lambda real, fake: relu(1 - real) + relu(1 + fake), lambda fake, real: -fake)
# Jolicoeur-Martineau 2018 (arXiv:1807.00734) and Huang et al. 2024 (arXiv:2501.05441), equation 2: pairs each fake with a real image.
RELATIVISTIC = AdversarialLoss(lambda real, fake: softplus(fake - real), lambda fake, real: softplus(real() - fake))
