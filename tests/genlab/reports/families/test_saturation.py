"""Tests of the measures of a winning critic."""

import math

import pytest
import torch
from torch import nn

from genlab.losses.adversarial import NON_SATURATING
from genlab.reports.families.saturation import CRITIC_LOSS, DIVERSITY, FAKE, Stretch, course, gradients, mean, stretch, when


def history(**terms):
    """Rows every 100 images, from one list of values per term; "critic__fake" is the term "critic/fake"."""
    columns = {name.replace("__", "/"): values for name, values in terms.items()}
    return [
        {"images": 100 * (number + 1)} | dict(zip(columns, values, strict=True))
        for number, values in enumerate(zip(*columns.values(), strict=True))
    ]


def test_the_longest_stretch_of_at_least_eight_rows_is_found():
    rows = history(critic__adversarial=[0.0] * 8 + [1.0] + [0.01] * 9 + [1.0] + [0.0] * 7)
    assert stretch(rows, CRITIC_LOSS, lambda loss: loss <= 0.02) == Stretch(1000, 1800, ends=False)
    assert stretch(rows[:17], CRITIC_LOSS, lambda loss: loss <= 0.02) == Stretch(100, 800, ends=False)  # the first of equally long ones
    assert stretch(rows[:18], CRITIC_LOSS, lambda loss: loss <= 0.02) == Stretch(1000, 1800, ends=True)
    assert stretch(rows[18:], CRITIC_LOSS, lambda loss: loss <= 0.02) is None
    assert stretch(rows, DIVERSITY, lambda diversity: True) is None  # the term is missing
    assert when(Stretch(1000, 1800, ends=True)) == "from 1,000 images to the end" and when(None) == "never"


def test_early_and_late_are_the_first_and_the_last_tenth():
    found = course(history(critic__adversarial=[1.0] * 20, critic__fake=[i / 100 for i in range(20)], health__diversity=[0.1] * 20))
    assert found.early[FAKE] == pytest.approx(0.005) and found.late[FAKE] == pytest.approx(0.185)
    assert found.saturated is None and found.collapsed == Stretch(100, 2000, ends=True)
    assert math.isnan(mean([], FAKE))


class Constant(nn.Module):
    """Generator with the same sample for every latent."""

    latent_size, classes = 3, 0

    def __init__(self):
        super().__init__()
        self.pixel = nn.Parameter(torch.zeros(1))

    def forward(self, latent):
        return self.pixel.expand(len(latent), 1, 1, 1)


class Linear(nn.Module):
    """Critic with the logit x + `logit`."""

    def __init__(self, logit):
        super().__init__()
        self.logit = logit

    def forward(self, image):
        return image.flatten(1).sum(1) + self.logit


@pytest.mark.parametrize("logit", [0.0, -6.0, 3.0])
def test_the_gradients_are_the_derivatives_of_both_losses_by_the_logit(logit):
    """The logit's derivative by the only weight is 1, so the norms are D and 1 - D."""
    recipe = nn.Module()
    recipe.generator, recipe.critic, recipe.latent_size, recipe.loss = Constant(), Linear(logit), 3, NON_SATURATING
    fake = 1 / (1 + math.exp(-logit))
    assert gradients(recipe) == pytest.approx((fake, fake, 1 - fake), rel=1e-5)
