"""Adversarial losses: what the critic and the generator minimise, as functions of the critic's logits."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import logsigmoid


class AdversarialLoss(NamedTuple):
    """Both players' objectives. Logits (N, ...) -> one number a logit, (N, ...); the recipe takes the mean."""

    critic: Callable[[Tensor, Tensor], Tensor]  # (real logits, fake logits) -> loss
    generator: Callable[[Tensor], Tensor]  # fake logits -> loss


def binary_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), D = sigmoid(logit). Goodfellow et al. 2014 (arXiv:1406.2661), equation 1.

    log(1 - sigmoid(l)) is written logsigmoid(-l), which does not overflow.
    """
    return -logsigmoid(real) - logsigmoid(-fake)


def least_squares(real: Tensor, fake: Tensor) -> Tensor:
    """1/2 (D(x) - 1)^2 + 1/2 D(G(z))^2. Mao et al. 2016 (arXiv:1611.04076), equation 9: targets 1 and 0."""
    return (real - 1).square() / 2 + fake.square() / 2


NON_SATURATING = AdversarialLoss(binary_cross_entropy, lambda fake: -logsigmoid(fake))
# The generator's term is not halved: so in CycleGAN (arXiv:1703.10593, section 4), where lambda = 10 is weighed against it.
LEAST_SQUARES = AdversarialLoss(least_squares, lambda fake: (fake - 1).square())
