"""Self-attention over a feature map: every position attends to all others."""

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, scaled_dot_product_attention


class SelfAttention(nn.Module):
    """Features (N, filters, H, W) -> same shape: x + gamma o(attention), with gamma 0 at the start. Zhang et al. 2018 (arXiv:1805.08318).

    Equations 1 to 3, with an eighth of the filters for queries and keys. As in the public implementations of SAGAN and BigGAN, values have
    half of the filters (paper: an eighth), and keys and values have half the side (paper: all positions).
    """

    def __init__(self, filters: int):
        super().__init__()
        few, half = max(1, filters // 8), max(1, filters // 2)
        self.query, self.key, self.value = (nn.Conv2d(filters, count, 1, bias=False) for count in (few, few, half))
        self.output = nn.Conv2d(half, filters, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor) -> Tensor:
        query, key, value = self.query(features), max_pool2d(self.key(features), 2), max_pool2d(self.value(features), 2)
        # (N, 1, positions, filters): the export needs an axis of heads, here one head. The paper does not scale the products.
        query, key, value = (each.flatten(2).transpose(1, 2)[:, None] for each in (query, key, value))
        seen = scaled_dot_product_attention(query, key, value, scale=1.0)
        output: Tensor = self.output(seen[:, 0].transpose(1, 2).unflatten(2, features.shape[2:]))
        return features + self.gamma * output
