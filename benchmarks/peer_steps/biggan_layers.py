"""Layers of the BigGAN peer: spectral norm by one power iteration per pass in training, and self-attention."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def normalised(weight: Tensor, left: Tensor, training: bool) -> Tensor:
    """Weight (outputs, ...) divided by an estimate of its largest singular value; `left` (1, outputs) is updated in training."""
    matrix = weight.view(weight.shape[0], -1)
    with torch.no_grad():
        right = functional.normalize(left @ matrix, eps=1e-12)
        new = functional.normalize(right @ matrix.t(), eps=1e-12)
        if training:
            left.copy_(new)
    value = torch.squeeze(right @ matrix.t() @ new.t())
    return weight / value


class SpectralConv2d(nn.Conv2d):
    """Convolution with spectral norm."""

    left: Tensor

    def __init__(self, inputs: int, outputs: int, kernel_size: int, padding: int = 0, bias: bool = True):
        super().__init__(inputs, outputs, kernel_size, padding=padding, bias=bias)
        self.register_buffer("left", torch.randn(1, outputs))

    def forward(self, features: Tensor) -> Tensor:
        return functional.conv2d(features, normalised(self.weight, self.left, self.training), self.bias, padding=self.padding)


class SpectralLinear(nn.Linear):
    """Linear layer with spectral norm."""

    left: Tensor

    def __init__(self, inputs: int, outputs: int, bias: bool = True):
        super().__init__(inputs, outputs, bias)
        self.register_buffer("left", torch.randn(1, outputs))

    def forward(self, vectors: Tensor) -> Tensor:
        return functional.linear(vectors, normalised(self.weight, self.left, self.training), self.bias)


class SpectralEmbedding(nn.Embedding):
    """Embedding with spectral norm."""

    left: Tensor

    def __init__(self, classes: int, size: int):
        super().__init__(classes, size)
        self.register_buffer("left", torch.randn(1, classes))

    def forward(self, label: Tensor) -> Tensor:
        return functional.embedding(label, normalised(self.weight, self.left, self.training))


class Attention(nn.Module):
    """Self-attention over a feature map with keys and values of half the side, (N, C, H, W) -> same shape. arXiv:1805.08318."""

    def __init__(self, filters: int):
        super().__init__()
        few, half = max(1, filters // 8), max(1, filters // 2)
        self.channels = few, half
        self.query, self.key, self.value = (SpectralConv2d(filters, count, 1, bias=False) for count in (few, few, half))
        self.output = SpectralConv2d(half, filters, 1, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, features: Tensor) -> Tensor:
        (few, half), (height, width) = self.channels, features.shape[2:]
        query = self.query(features).view(-1, few, height * width)
        key = functional.max_pool2d(self.key(features), 2).view(-1, few, height * width // 4)
        value = functional.max_pool2d(self.value(features), 2).view(-1, half, height * width // 4)
        weights = functional.softmax(torch.bmm(query.transpose(1, 2), key), -1)
        output: Tensor = self.output(torch.bmm(value, weights.transpose(1, 2)).view(-1, half, height, width))
        return self.gamma * output + features
