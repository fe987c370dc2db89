"""Networks that turn noise into deviations from a component's mean."""

from torch import Tensor, nn


class Product(nn.Module):
    """Deviation = L_k noise."""

    def __init__(self, factors: Tensor):  # (K, D, Q)
        super().__init__()
        self.register_buffer("factors", factors.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return (self.factors[component] @ noise[:, :, None])[:, :, 0]


class Scaling(nn.Module):
    """Deviation = s_k noise, value by value."""

    def __init__(self, scales: Tensor):  # (K, D)
        super().__init__()
        self.register_buffer("scales", scales.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return self.scales[component] * noise
