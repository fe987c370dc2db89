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
