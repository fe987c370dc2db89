"""How weights start."""

from torch import nn


def normal(module: nn.Module, deviation: float = 0.02) -> None:
    """Convolutions from N(0, deviation), biases zero, as DCGAN, pix2pix and CycleGAN start (arXiv:1703.10593, appendix 7.1)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
