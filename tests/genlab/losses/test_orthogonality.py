"""The orthogonality penalty on weights."""

import pytest
import torch
from torch import nn

from genlab.losses.orthogonality import orthogonality


def test_orthogonality_matches_hand_computation():
    """Rows (1, 2) and (3, 1) have the product 5, which occurs twice in W W^T; the norms of rows cost nothing."""
    network = nn.ModuleDict({"layer": nn.Linear(2, 2), "embedding": nn.Linear(2, 2)})
    with torch.no_grad():
        network["layer"].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 1.0]]))
    assert orthogonality(network).item() == pytest.approx(50)
    with torch.no_grad():
        network["layer"].weight.copy_(torch.tensor([[2.0, 0.0], [0.0, -5.0]]))
    assert orthogonality(network).item() == pytest.approx(0)


def test_the_gradient_is_twice_that_of_public_code():
    """BigGAN-PyTorch's `ortho` adds beta 2 (W W^T o (1 - I)) W to the gradient; that of equation 3 is twice as large."""
    layer = nn.Linear(3, 4, bias=False)
    orthogonality(layer).backward()
    w = layer.weight.detach()
    public = 2 * ((w @ w.T) * (1 - torch.eye(4))) @ w
    assert torch.allclose(layer.weight.grad, 2 * public, atol=1e-5)
