"""Gradient penalties on critics with known gradients."""

import pytest
import torch
from torch import nn

from genlab.losses.penalties import Scored, one_centred, r1, r2


class Linear(nn.Module):
    """The critic <w, x>, with gradient w at every image."""

    def __init__(self, shape, norm):
        super().__init__()
        weight = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        self.weight = nn.Parameter(weight * norm / weight.norm())

    def forward(self, image):
        return (image * self.weight).flatten(1).sum(1)


class Quadratic(nn.Module):
    """The critic |x|^2 / 2, with gradient x."""

    def forward(self, image):
        return image.flatten(1).square().sum(1) / 2


def judged(critic, seed, count=5):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(count, 3, 4, 4, dtype=torch.float64, generator=generator).requires_grad_()
    return Scored(images, critic(images))


@pytest.mark.parametrize(("norm", "expected"), [(1.0, 0.0), (3.0, 10 * 4.0), (0.0, 10.0)])
def test_one_centred_penalty_of_a_critic_whose_gradient_has_this_norm(norm, expected):
    critic = Linear((3, 4, 4), norm)
    penalty = one_centred(critic, judged(critic, 0), judged(critic, 1), weight=10.0)
    assert penalty.tolist() == pytest.approx([expected] * 5, abs=1e-9)


def test_one_centred_penalty_is_taken_between_real_and_fake_with_one_epsilon_per_image():
    seen = []

    class Spy(Quadratic):
        def forward(self, image):
            seen.append(image)
            return super().forward(image)

    critic = Quadratic()
    real, fake = judged(critic, 0), judged(critic, 1)
    torch.manual_seed(0)
    one_centred(Spy(), real, fake)
    share = (seen[0] - real.images) / (fake.images - real.images)
    assert torch.allclose(share, share[:, :1, :1, :1].expand_as(share))  # one epsilon per image
    assert share.min() > 0 and share.max() < 1 and len(share[:, 0, 0, 0].unique()) == 5


def test_r1_and_r2_are_half_the_squared_gradient_at_real_and_at_fake_images():
    critic = Quadratic()
    real, fake = judged(critic, 0), judged(critic, 1)
    assert torch.allclose(r1(critic, real, fake, weight=0.8), 0.4 * real.images.flatten(1).square().sum(1))
    assert torch.allclose(r2(critic, real, fake, weight=0.8), 0.4 * fake.images.flatten(1).square().sum(1))


@pytest.mark.parametrize("penalty", [one_centred, r1, r2])
def test_gradients_of_penalties_to_the_critic_match_finite_differences(penalty):
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Softplus(), nn.Flatten(), nn.Linear(8, 1), nn.Flatten(0)).double()
    names = [name for name, _ in critic.named_parameters()]

    def value(*weights):
        torch.manual_seed(1)  # the same epsilon each time

        def judge(images):
            return torch.func.functional_call(critic, dict(zip(names, weights, strict=True)), (images,))

        return penalty(judge, judged(judge, 2), judged(judge, 3)).mean()

    assert torch.autograd.gradcheck(value, [weight.detach().clone().requires_grad_() for weight in critic.parameters()])


def test_fakes_in_half_precision_give_the_penalty_and_the_gradient_of_their_values_in_full_precision():
    """In a training in bf16, real images are fp32 and the generator's output is bf16."""
    critic, generator = Quadratic(), torch.Generator().manual_seed(0)
    real, fake = (torch.randn(4, 3, 4, 4, generator=generator) for _ in range(2))
    fake = fake.bfloat16()
    penalties = []
    for each in (fake, fake.float()):
        torch.manual_seed(1)
        penalties.append(one_centred(critic, Scored(real, critic(real)), Scored(each, critic(each))))
    assert penalties[0].dtype == torch.float32 and torch.equal(*penalties)
