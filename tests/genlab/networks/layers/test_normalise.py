"""Tests of normalisation layers and of spectral norm."""

import pytest
import torch
from torch import nn

from genlab.networks import dcgan
from genlab.networks.layers.normalise import batch_norms


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "none"])
def test_only_batch_norm_mixes_images(norm):
    torch.manual_seed(0)
    critic = dcgan.Critic(16, 1, width=4, norm=norm)
    images = torch.randn(4, 1, 16, 16)
    alone = critic(images[:2])
    assert torch.allclose(critic(images)[:2], alone, atol=1e-6) == (norm != "batch")
    assert bool(batch_norms(critic)) == (norm == "batch")


def test_spectral_norm_bounds_every_layer():
    torch.manual_seed(0)
    critic = dcgan.Critic(16, 1, width=8, norm="none", spectral=True)
    for _ in range(50):  # one power iteration per call
        critic(torch.randn(2, 1, 16, 16))
    for layer in critic.layers:
        if isinstance(layer, nn.Conv2d):
            largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
            assert largest.item() == pytest.approx(1, abs=0.02)
