"""Tests of the BigGAN networks."""

import pytest
import torch
from torch import nn

from genlab.networks import biggan

SMALL = {"width": 2, "multiples": [2, 2, 1]}  # for 16 px


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("generator", "critic", "counts"),
    [
        # CIFAR-10 as in ajbrock/BigGAN-PyTorch (launch_cifar_ema.sh): width 64, one table per norm, undivided latent, no attention.
        ({"size": 32, "embedding_size": None, "split": False}, {"size": 32}, (4_304_387, 4_207_361)),
        # ImageNet at 128 px: the generator's count is from the tests of google/compare_gan.
        (
            {"size": 128, "classes": 1000, "latent_size": 120, "width": 96, "attention": 64},
            {"size": 128, "classes": 1000, "width": 96, "attention": 64},
            (70_433_988, 87_982_370),
        ),
    ],
)
def test_parameters_at_the_papers_sizes(generator, critic, counts):
    with torch.device("meta"):  # a spectral norm has no parameters, and is slow to create
        assert parameters(biggan.Generator(**generator, spectral=False)) == counts[0]
        assert parameters(biggan.Critic(**critic, spectral=False)) == counts[1]


def big(**arguments):
    torch.manual_seed(0)
    return biggan.Generator(16, 1, **{"classes": 3, "latent_size": 6, "embedding_size": 5} | SMALL | arguments)


def test_every_block_uses_its_own_piece_of_the_latent():
    generator = big().eval()
    first, later = torch.randn(1, 6), torch.randn(1, 6)
    later[:, :4] = first[:, :4]  # only the last of the three pieces differs
    seen = []
    handle = generator.blocks[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    images = [generator(latents, torch.tensor([1])) for latents in (first, later)]
    handle.remove()
    assert torch.equal(*seen) and not torch.allclose(*images)


def test_weights_start_orthogonal_and_are_spectrally_normalised():
    critic = biggan.Critic(16, 1, 3, width=4, multiples=[1, 2], halvings=2)
    rows = critic.layers[1].second.parametrizations.weight.original.flatten(1)
    assert torch.allclose(rows @ rows.T, torch.eye(len(rows)), atol=1e-5)
    layers = [layer for layer in critic.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(layers) == 3 + 3 + 2  # two blocks with three convolutions each, and the head with its embedding
    for layer in layers:
        nn.init.normal_(layer.parametrizations.weight.original)
        for _ in range(200):  # one power iteration per access
            layer.weight  # noqa: B018
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, rel=1e-3)
    generator = big(spectral=False)
    weight = generator.blocks[0].first.weight.flatten(1)
    assert torch.allclose(weight @ weight.T, torch.eye(len(weight)), atol=1e-5)
