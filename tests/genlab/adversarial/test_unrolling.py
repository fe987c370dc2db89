"""Unrolled critics: their steps and the gradient through them."""

import functools

import pytest
import torch
from torch import nn

from genlab.adversarial.unrolling import critic_loss, unrolled
from genlab.losses.adversarial import NON_SATURATING, WASSERSTEIN
from genlab.losses.penalties import drift, one_centred, r1, r2


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


@pytest.mark.parametrize("penalty", [one_centred, drift, r1, r2])
def test_the_generators_gradient_passes_through_the_penalties_of_the_critics_steps(penalty):
    """It matches finite differences in float64, with the penalty's random numbers held fixed."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    real = torch.randn(5, 2, dtype=torch.float64) + 1

    def objective(fake, penalties):
        torch.manual_seed(1)
        later = unrolled(critic, critic_loss(WASSERSTEIN, 1.0, penalties, real, fake), steps=2, rate=0.1)
        return later(fake).mean()

    fake, strong = torch.randn(5, 2, dtype=torch.float64, requires_grad=True), functools.partial(penalty, weight=5.0)
    assert torch.autograd.gradcheck(functools.partial(objective, penalties=[strong]), fake)
    with_penalty, without = (torch.autograd.grad(objective(fake, penalties), fake)[0] for penalties in ([strong], []))
    assert (with_penalty - without).norm() > 0.01 * without.norm()


def test_the_critics_steps_are_those_of_gradient_descent_with_clipping():
    """As a real critic, trained on the same objective with torch's SGD and clipped in place."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    real, fake = torch.randn(2, 5, 2, dtype=torch.float64)
    fake.requires_grad_()
    loss = critic_loss(WASSERSTEIN, 0.5, [r1], real, fake)
    later = unrolled(critic, loss, steps=3, rate=0.2, clip=0.3)(real)
    optimizer = torch.optim.SGD(critic.parameters(), 0.2)
    for _ in range(3):
        optimizer.zero_grad()
        loss(critic).backward()
        optimizer.step()
        for weight in critic.parameters():
            weight.data.clamp_(-0.3, 0.3)
    assert torch.allclose(later, critic(real)) and any((weight.abs() == 0.3).any() for weight in critic.parameters())
