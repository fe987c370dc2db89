"""Networks that map noise to deviations from a component's mean."""

from torch import Tensor, nn


class Product(nn.Module):
    """Noise (N, Q), component (N,) -> deviation L_k noise, (N, D)."""

    factors: Tensor

    def __init__(self, factors: Tensor):  # (K, D, Q)
        super().__init__()
        self.register_buffer("factors", factors.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return (self.factors[component] @ noise[:, :, None])[:, :, 0]


class Scaling(nn.Module):
    """Noise (N, D), component (N,) -> deviation s_k noise, elementwise, (N, D)."""

    scales: Tensor

    def __init__(self, scales: Tensor):  # (K, D)
        super().__init__()
        self.register_buffer("scales", scales.float())

    def forward(self, noise: Tensor, component: Tensor) -> Tensor:
        return self.scales[component] * noise
