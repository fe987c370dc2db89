"""Sampling a recipe in batches."""

import pytest
import torch
from stand_ins import Styled

from genlab.evaluation.sampler import BATCH_SIZE, sampler
from genlab.networks.latents import normal


def test_noise_depends_only_on_the_position_of_an_image_or_is_shared_by_all():
    recipe, count = Styled(), 2 * BATCH_SIZE + 7
    recipe.bank.zero_()
    sample, alike = sampler(recipe, torch.device("cpu")), sampler(recipe, torch.device("cpu"), own_noise=False)
    zeros = torch.zeros(count, 3)
    shades = sample(zeros)[:, 0, 0, 0]
    assert len(set(shades.tolist())) == count and shades.std() == pytest.approx(1 / 50, rel=0.3)
    torch.manual_seed(1)
    assert all(torch.equal(sample(zeros[:few])[:, 0, 0, 0], shades[:few]) for few in (1, BATCH_SIZE, BATCH_SIZE + 5, count))
    assert alike(zeros).unique().tolist() == [0]
    latents = normal(count, 3, seed=0)
    for psi in (0.0, 0.5):
        assert torch.allclose(alike(latents, None, psi)[:, 0, 0, 0], psi * latents[:, 0] / 10)
        assert torch.allclose(sample(latents, None, psi)[:, 0, 0, 0], psi * latents[:, 0] / 10 + shades)
