"""Adversarial losses, against closed forms, optima and finite differences."""

import math

import pytest
import torch

from genlab.losses.adversarial import (
    HINGE,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    RELATIVISTIC,
    WASSERSTEIN,
    AdversarialLoss,
    ranking_accuracy,
)

LOSSES = {
    "minimax": MINIMAX,
    "non_saturating": NON_SATURATING,
    "least_squares": LEAST_SQUARES,
    "wasserstein": WASSERSTEIN,
    "hinge": HINGE,
    "relativistic": RELATIVISTIC,
}


def generator_loss(loss: AdversarialLoss, fake, real=None):
    return loss.generator(fake, lambda: real)


def descend(function, *starts: float, rate: float = 0.5, steps: int = 400) -> list[float]:
    """Return the end points of gradient descent on the sum of the function's values."""
    points = [torch.tensor(start, dtype=torch.float64, requires_grad=True) for start in starts]
    for _ in range(steps):
        slopes = torch.autograd.grad(function(*points).sum(), points)
        points = [(point - rate * slope).detach().requires_grad_() for point, slope in zip(points, slopes, strict=True)]
    return [point.item() for point in points]


@pytest.mark.parametrize("loss", [MINIMAX, NON_SATURATING])
def test_minimax_value_of_an_undecided_critic_is_minus_log_4(loss):
    undecided = torch.zeros(8)  # D = 1/2 everywhere: the equilibrium
    assert -loss.critic(undecided, undecided).mean() == pytest.approx(-math.log(4))


def test_minimax_value_cannot_exceed_minus_log_4_on_equal_distributions():
    """Goodfellow et al., theorem 1: if real and fake images are the same, the optimal critic is undecided."""
    (logit,) = descend(lambda logit: MINIMAX.critic(logit, logit), 1.7)
    assert logit == pytest.approx(0, abs=1e-9)
    values = -MINIMAX.critic(*[torch.linspace(-5, 5, 101)] * 2)
    assert values.max() == pytest.approx(-math.log(4)) and values.argmax() == 50


@pytest.mark.parametrize(
    ("name", "optimum"),
    [
        ("minimax", lambda p, q: math.log(p / q)),  # D = p / (p + q), proposition 1
        ("least_squares", lambda p, q: p / (p + q)),  # Mao et al., equation 5
        ("hinge", lambda p, q: math.copysign(1, p - q)),  # Lim and Ye: the sign of the difference
    ],
)
def test_the_optimal_critic_of_two_densities(name, optimum):
    p, q, nothing = 0.3, 0.9, torch.tensor(0.0)
    critic = LOSSES[name].critic

    def expected_loss(logit):  # for real images with density p and fakes with density q
        far = torch.tensor(100.0 if name == "hinge" else 0.0)
        real_part = critic(logit, -far) - critic(far, -far)
        fake_part = critic(far, logit) - critic(far, -far)
        return p * real_part + q * fake_part

    (logit,) = descend(expected_loss, 0.2, rate=0.05 if name == "hinge" else 0.5)
    assert logit == pytest.approx(optimum(p, q), abs=0.1 if name == "hinge" else 1e-6)
    assert expected_loss(nothing).isfinite()


def test_wasserstein_critic_maximises_the_difference_of_logits():
    real, fake = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -3.0])
    assert WASSERSTEIN.critic(real, fake).tolist() == [-0.5, -5.0]
    assert WASSERSTEIN.estimates(real, fake)["wasserstein"] == pytest.approx(1.5 + 1.25)
    assert generator_loss(WASSERSTEIN, fake).tolist() == [-0.5, 3.0]


def test_relativistic_loss_depends_only_on_differences_and_is_symmetric():
    real, fake = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(RELATIVISTIC.critic(real + 7, fake + 7), RELATIVISTIC.critic(real, fake), atol=1e-6)
    assert torch.equal(generator_loss(RELATIVISTIC, fake, real), RELATIVISTIC.critic(fake, real))
    assert RELATIVISTIC.critic(real, real).mean() == pytest.approx(math.log(2))


def test_only_the_relativistic_generator_uses_the_real_logits():
    def refuse():
        raise AssertionError

    for name, loss in LOSSES.items():
        if name != "relativistic":
            loss.generator(torch.zeros(2), refuse)
    with pytest.raises(AssertionError):
        RELATIVISTIC.generator(torch.zeros(2), refuse)


def test_only_the_non_saturating_generator_learns_from_a_confident_critic():
    logits = torch.tensor([-12.0], requires_grad=True)  # D(G(z)) = 6e-6
    slope = {
        name: torch.autograd.grad(generator_loss(loss, logits).sum(), logits)[0].abs().item()
        for name, loss in {"minimax": MINIMAX, "non_saturating": NON_SATURATING}.items()
    }
    assert slope["minimax"] < 1e-5 and slope["non_saturating"] > 0.99


def test_jensen_shannon_divergence_of_two_densities_from_the_optimal_critic():
    p, q = torch.tensor([0.1, 0.2, 0.7]), torch.tensor([0.5, 0.25, 0.25])
    mixture = (p + q) / 2
    divergence = ((p * (p / mixture).log()).sum() + (q * (q / mixture).log()).sum()) / 2
    count = 2000  # images of each kind, repeated in proportion to their densities
    logits = (p / q).log()
    real, fake = (logits.repeat_interleave((density * count).round().long()) for density in (p, q))
    assert MINIMAX.estimates(real, fake)["jsd"] == pytest.approx(divergence.item(), rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_match_finite_differences(loss):
    real, fake = (torch.linspace(-3, 3, 7, dtype=torch.float64) + shift for shift in (0.1, -0.3))
    real, fake = real.requires_grad_(), fake.flip(0).requires_grad_()
    assert torch.autograd.gradcheck(loss.critic, (real, fake))
    assert torch.autograd.gradcheck(lambda fake, real: generator_loss(loss, fake, real), (fake, real))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_nothing_overflows(loss):
    extreme = torch.tensor([-1e4, 1e4])
    assert loss.critic(extreme, -extreme).isfinite().all()
    assert generator_loss(loss, extreme, -extreme).isfinite().all()
    assert all(value.isfinite() for value in loss.estimates(extreme, -extreme).values())


def test_ranking_accuracy_counts_pairs_and_halves_ties():
    assert ranking_accuracy(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])) == 1
    assert ranking_accuracy(torch.tensor([0.0]), torch.tensor([0.0, 1.0, -1.0])) == 0.5
    assert ranking_accuracy(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 2.0])) == 0.5
