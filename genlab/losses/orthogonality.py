"""Orthogonal regularisation, which makes a generator amenable to truncation of its latents."""

import torch
from torch import Tensor, nn


def orthogonality(network: nn.Module) -> Tensor:
    """Sum over weights of ||W W^T o (1 - I)||_F^2, a scalar; a row of W is a filter. Brock et al. 2018 (arXiv:1809.11096), equation 3.

    Its gradient is 4 (W W^T o (1 - I)) W. The first author's public code adds beta times half of that to the gradient: its beta equals a
    weight of beta / 2 here. Penalises similar filters, without constraining their norms. Excludes class embeddings: they have more rows
    than classes (columns).
    """
    device = next(network.parameters()).device
    total = torch.zeros((), device=device)
    with torch.autocast(device.type, enabled=False):  # squares of sums overflow in half precision
        for name, weight in network.named_parameters():
            if weight.dim() > 1 and "embedding" not in name:
                rows = weight.flatten(1)
                alike = rows @ rows.T
                total = total + alike.square().sum() - alike.diagonal().square().sum()
    return total
