"""Orthogonal regularisation: what keeps a generator well-behaved where its latents are truncated."""

import torch
from torch import Tensor, nn


def orthogonality(network: nn.Module) -> Tensor:
    """Sum over weights of ||W W^T o (1 - I)||_F^2, a scalar; a row of W is a filter. Brock et al. 2018 (arXiv:1809.11096), equation 3.

    How alike filters point, whatever their norms. Of every weight but the embeddings', which have more rows than classes to spread over.
    """
    device = next(network.parameters()).device
    total = torch.zeros((), device=device)
    with torch.autocast(device.type, enabled=False):  # squares of sums: half precision has no room for them
        for name, weight in network.named_parameters():
            if weight.dim() > 1 and "embedding" not in name:
                rows = weight.flatten(1)
                alike = rows @ rows.T
                total = total + alike.square().sum() - alike.diagonal().square().sum()
    return total
