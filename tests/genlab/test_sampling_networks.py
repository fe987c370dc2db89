"""Networks that make images from latents, and their critics."""

import math

import pytest
import torch
from torch import nn

from genlab.errors import InputError
from genlab.networks import dcgan, fully_connected, residual
from genlab.networks.minibatch import MinibatchDeviation, MinibatchDiscrimination
from genlab.networks.normalise import batch_norms


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("size", [32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("networks", [dcgan, residual])
def test_shapes_for_every_size_and_number_of_channels(networks, size, channels):
    small = {"width": 4} if networks is dcgan else {"width": 4, "most": 16, "group_size": 4}
    generator = networks.Generator(size, channels, latent_size=7, **small)
    images = generator(torch.randn(3, generator.latent_size))
    assert images.shape == (3, channels, size, size)
    assert networks.Critic(size, channels, **small)(images).shape == (3,)


def test_fully_connected_pair():
    generator, critic = fully_connected.Generator(28, latent_size=10), fully_connected.Critic(28, dropout=0.5)
    images = generator(torch.randn(4, 10))
    assert images.shape == (4, 1, 28, 28) and images.abs().max() <= 1
    assert critic(images).shape == (4,)
    assert parameters(generator) == sum((a + 1) * b for a, b in ((10, 256), (256, 512), (512, 1024), (1024, 784)))


def test_dcgan_has_the_papers_number_of_weights():
    """PyTorch's DCGAN example at 64 px: 3,576,704 and 2,765,568, without the biases of the layers that touch images or the logit."""
    assert parameters(dcgan.Generator(64, 3, latent_size=100, width=64)) == 3_576_704 + 3
    assert parameters(dcgan.Critic(64, 3, width=64)) == 2_765_568 + 64 + 1


@pytest.mark.parametrize("size", [4, 28, 48, 0])
@pytest.mark.parametrize("networks", [dcgan, residual])
def test_a_size_that_no_doubling_reaches_is_refused(networks, size):
    for network in (networks.Generator, networks.Critic):
        with pytest.raises(InputError, match=rf"size: got {size}, expected 8, 16, 32"):
            network(size)


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
    for _ in range(50):  # one power iteration a call
        critic(torch.randn(2, 1, 16, 16))
    for layer in critic.layers:
        if isinstance(layer, nn.Conv2d):
            largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
            assert largest.item() == pytest.approx(1, abs=0.02)


def test_minibatch_discrimination_is_its_double_sum():
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(3, 2, kernels=4, dimensions=5).double()
    features = torch.randn(6, 3, 2, 2, dtype=torch.float64)
    result = layer(features)
    assert torch.equal(result[:, :3], features)
    matrices = (features.flatten(1) @ layer.projection.flatten(1)).reshape(6, 4, 5)
    for i in range(6):
        for b in range(4):
            expected = sum(math.exp(-(matrices[i, b] - matrices[j, b]).abs().sum().item()) for j in range(6) if j != i)
            assert result[i, 3 + b].flatten().tolist() == pytest.approx([expected] * 4)


def test_minibatch_discrimination_of_equal_images_is_their_number():
    layer = MinibatchDiscrimination(3, 2, kernels=4)
    assert torch.allclose(layer(torch.randn(1, 3, 2, 2).repeat(5, 1, 1, 1))[:, 3:], torch.tensor(4.0))


@pytest.mark.parametrize(("count", "groups"), [(8, [[0, 2, 4, 6], [1, 3, 5, 7]]), (6, [[0, 1, 2, 3, 4, 5]])])
def test_minibatch_deviation_is_the_mean_deviation_of_its_group(count, groups):
    torch.manual_seed(0)
    features = torch.randn(count, 3, 2, 2)
    result = MinibatchDeviation(3, 2)(features)
    assert torch.equal(result[:, :3], features)
    for group in groups:
        expected = features[group].std(0, unbiased=False).mean()
        assert torch.allclose(result[group, 3], expected, atol=1e-5)


def test_a_residual_block_starts_as_the_identity_and_the_variance_stays():
    torch.manual_seed(0)
    block = residual.Block(32, group_size=16, expansion=2, blocks=4)
    features = torch.randn(2, 32, 8, 8)
    assert torch.equal(block(features), features)
    critic = residual.Critic(32, 3, width=16, most=64, group_size=16)
    assert 0.1 < critic(torch.randn(64, 3, 32, 32)).std() < 10


def test_group_size_says_how_many_filters_a_convolution_mixes():
    assert residual.Block(32, group_size=16, expansion=2, blocks=1).mix.groups == 4
    assert residual.Block(4, group_size=16, expansion=1, blocks=1).mix.groups == 1
