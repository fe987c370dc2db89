import pytest
import torch

from genlab.networks.patchgan import PatchGAN


@pytest.mark.parametrize(("layers", "side"), [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_the_patch_that_the_paper_names(layers, side):
    """The receptive field by gradient: how far from the centre logit an input pixel still matters."""
    critic = PatchGAN(channels=1, width=4, layers=layers)
    for layer in critic.modules():  # instance norm sees the whole image: without it the patch is the convolutions' own
        if isinstance(layer, torch.nn.InstanceNorm2d):
            layer.forward = lambda features: features
    image = torch.rand(1, 1, 128, 128, requires_grad=True)
    logits = critic(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows = image.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert rows.max() - rows.min() + 1 == side
