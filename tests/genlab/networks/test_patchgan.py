"""Test of the PatchGAN critic's receptive field."""

import pytest
import torch

from genlab.networks.patchgan import PatchGAN


@pytest.mark.parametrize(("layers", "side"), [(1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_of_a_logit_is_that_of_the_paper(layers, side):
    """The receptive field is the extent of the input pixels that the centre logit has a gradient for."""
    critic = PatchGAN(channels=1, width=4, layers=layers)
    for layer in critic.modules():  # instance norm depends on the whole image; without it, only convolutions remain
        if isinstance(layer, torch.nn.InstanceNorm2d):
            layer.forward = lambda features: features
    image = torch.rand(1, 1, 128, 128, requires_grad=True)
    logits = critic(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows = image.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert rows.max() - rows.min() + 1 == side
