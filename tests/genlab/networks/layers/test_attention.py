"""Test of self-attention against its formula."""

import torch
from torch import nn

from genlab.networks.layers.attention import SelfAttention


def test_self_attention_equals_its_formula():
    torch.manual_seed(0)
    layer, features = SelfAttention(16), torch.randn(2, 16, 4, 6)
    assert torch.equal(layer(features), features)  # gamma is 0 at first
    nn.init.constant_(layer.gamma, 0.7)
    pool = nn.MaxPool2d(2)
    for image, seen in zip(features, layer(features), strict=True):
        query = layer.query(image[None])[0].flatten(1)  # (2, 24)
        key, value = (pool(each(image[None]))[0].flatten(1) for each in (layer.key, layer.value))  # (2, 6), (8, 6)
        weights = torch.stack([torch.softmax(torch.stack([query[:, i] @ key[:, j] for j in range(6)]), 0) for i in range(24)])
        expected = image + 0.7 * layer.output((value @ weights.T).unflatten(1, (4, 6))[None])[0]
        assert torch.allclose(seen, expected, atol=1e-5)
