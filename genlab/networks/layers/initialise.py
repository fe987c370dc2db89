"""Initialisation of weights."""

from torch import nn

WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def normal(module: nn.Module, deviation: float = 0.02) -> None:
    """Draw weights from N(0, deviation^2) and set biases to zero, as DCGAN, pix2pix and CycleGAN do (arXiv:1703.10593, appendix 7.1).

    Their public code also draws the gains of batch norms, from N(1, deviation^2). Here they start at 1.
    """
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def orthogonal(module: nn.Module) -> None:
    """Make the rows or columns of weights orthonormal and set biases to zero, as BigGAN does. Saxe et al. 2013 (arXiv:1312.6120)."""
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.orthogonal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def he(module: nn.Module, slope: float) -> None:
    """Draw weights that preserve the variance through a leaky ReLU of this slope, and set biases to zero.

    He et al. 2015 (arXiv:1502.01852), equation 15.
    """
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.kaiming_normal_(layer.weight, slope)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
