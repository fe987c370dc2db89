"""The last layers shared by the critics of ProGAN, StyleGAN and StyleGAN2."""

from torch import Tensor, nn

from genlab.networks.layers.equalised import GAIN, EqualisedConv2d, EqualisedLinear, activate
from genlab.networks.layers.minibatch import MinibatchDeviation
from genlab.networks.shapes import COARSEST


class CriticHead(nn.Module):
    """Features (N, C, 4, 4) -> (N, C): minibatch deviation, convolution and linear layer, without the critic's linear layer to logits."""

    def __init__(self, filters: int, group_size: int):
        super().__init__()
        self.deviation = MinibatchDeviation(filters, COARSEST, group_size)
        self.first = EqualisedConv2d(filters + 1, filters, 3)
        self.second = EqualisedLinear(filters * COARSEST**2, filters, GAIN)

    def forward(self, features: Tensor) -> Tensor:
        features = activate(self.first(self.deviation(features)))
        return activate(self.second(features.flatten(1)))
