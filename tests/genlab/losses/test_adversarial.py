import math

import pytest
import torch

from genlab.losses.adversarial import LEAST_SQUARES, NON_SATURATING


def test_minimax_value_of_an_undecided_critic_is_minus_log_4():
    undecided = torch.zeros(8)  # D = 1/2 everywhere: the equilibrium
    assert -NON_SATURATING.critic(undecided, undecided).mean() == pytest.approx(-math.log(4))


def test_the_non_saturating_generator_still_learns_from_a_sure_critic():
    logits = torch.tensor([-12.0], requires_grad=True)  # D(G(z)) = 6e-6
    assert torch.autograd.grad(NON_SATURATING.generator(logits).sum(), logits)[0].abs() > 0.99


def test_least_squares_critic_is_best_at_its_targets():
    """Mao et al., equation 5: the optimum for densities p and q is p / (p + q)."""
    p, q = 0.3, 0.9
    logit = torch.tensor(0.0, requires_grad=True)
    for _ in range(200):
        (slope,) = torch.autograd.grad(
            p * LEAST_SQUARES.critic(logit, torch.tensor(0.0)) + q * LEAST_SQUARES.critic(torch.tensor(1.0), logit), logit
        )
        logit = (logit - 0.5 * slope).detach().requires_grad_()
    assert logit.item() == pytest.approx(p / (p + q), abs=1e-6)
    assert LEAST_SQUARES.generator(torch.tensor(1.0)) == 0


@pytest.mark.parametrize("loss", [NON_SATURATING, LEAST_SQUARES])
def test_gradients_against_finite_differences(loss):
    real, fake = (torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(loss.critic, (real, fake))
    assert torch.autograd.gradcheck(loss.generator, (fake,))


def test_nothing_overflows():
    extreme = torch.tensor([-1e4, 1e4])
    assert NON_SATURATING.critic(extreme, -extreme).isfinite().all()
