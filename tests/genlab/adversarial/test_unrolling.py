"""Unrolled critics: their steps and the gradient through them."""

import torch
from torch import nn

from genlab.adversarial.unrolling import unrolled
from genlab.losses.adversarial import NON_SATURATING


def linear_critic(weight: float) -> nn.Module:
    critic = nn.Linear(1, 1, bias=False).double()
    critic.weight.data.fill_(weight)
    return critic


def test_steps_on_a_quadratic_objective_match_the_closed_form():
    """K steps of gradient descent on w^2 / 2 with rate eta lead to w (1 - eta)^K."""
    critic = linear_critic(3.0)
    later = unrolled(critic, lambda judge: judge(torch.ones(1, 1, dtype=torch.float64)).square().sum() / 2, steps=4, rate=0.1)
    assert torch.allclose(later(torch.ones(1, 1, dtype=torch.float64)), torch.tensor([[3.0 * 0.9**4]], dtype=torch.float64))
    assert critic.weight.item() == 3.0  # the current critic is unchanged


def test_the_generators_gradient_passes_through_the_future_critic():
    """It matches finite differences in float64 and differs from the gradient with the future critic held constant."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    real = torch.randn(6, 2, dtype=torch.float64) + 1

    def objective(fake):
        def critics(judge):
            return NON_SATURATING.critic(judge(real), judge(fake)).mean()

        later = unrolled(critic, critics, steps=3, rate=0.5)
        return NON_SATURATING.generator(later(fake), lambda: later(real)).mean(), later

    fake = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda fake: objective(fake)[0], fake)
    loss, _ = objective(fake)
    (through,) = torch.autograd.grad(loss, fake)
    _, later = objective(fake.detach())
    (held,) = torch.autograd.grad(NON_SATURATING.generator(later(fake), lambda: later(real)).mean(), fake)
    assert (through - held).norm() > 0.05 * held.norm()


def test_zero_steps_give_the_current_critic():
    critic = linear_critic(2.0)
    images = torch.ones(3, 1, dtype=torch.float64)
    assert torch.equal(unrolled(critic, lambda judge: judge(images).sum(), steps=0, rate=1.0)(images), critic(images))
