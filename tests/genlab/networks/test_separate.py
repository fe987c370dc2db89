"""A network applied to several batches gives each the outputs that it has alone."""

import pytest
import torch

from genlab.networks import dcgan, stylegan2
from genlab.networks.layers.minibatch import MinibatchDiscrimination
from genlab.networks.separate import mixing_layers, separately


@pytest.mark.parametrize(
    ("critic", "mixes"),
    [
        (lambda: dcgan.Critic(16, 1, width=4, norm="instance"), False),
        (lambda: dcgan.Critic(16, 1, width=4, norm="batch"), True),
        (lambda: dcgan.Critic(16, 1, width=4, norm="none", minibatch=MinibatchDiscrimination), True),
        (lambda: stylegan2.Critic(16, 1, width=2), True),
    ],
)
def test_batches_do_not_influence_each_other(critic, mixes):
    torch.manual_seed(0)
    network, batches = critic(), (torch.randn(4, 1, 16, 16), torch.randn(2, 1, 16, 16) + 3)
    assert bool(mixing_layers(network)) == mixes
    alone = [network(batch) for batch in batches]
    for found, expected in zip(separately(network, *batches), alone, strict=True):
        assert torch.allclose(found, expected, atol=1e-6)
    together = network(torch.cat(batches)).split([4, 2])
    assert torch.allclose(together[0], alone[0], atol=1e-6) != mixes
