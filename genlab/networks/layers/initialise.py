"""How weights start."""

from torch import nn

WEIGHTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def normal(module: nn.Module, deviation: float = 0.02) -> None:
    """Convolutions from N(0, deviation), biases zero, as DCGAN, pix2pix and CycleGAN start (arXiv:1703.10593, appendix 7.1)."""
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def orthogonal(module: nn.Module) -> None:
    """Rows, or columns, at right angles and of length 1; biases zero. Saxe et al. 2013 (arXiv:1312.6120), as BigGAN starts."""
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.orthogonal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def he(module: nn.Module, slope: float) -> None:
    """So that a leaky ReLU of this slope passes the variance on, biases zero. He et al. 2015 (arXiv:1502.01852), equation 15."""
    for layer in module.modules():
        if isinstance(layer, WEIGHTED):
            nn.init.kaiming_normal_(layer.weight, slope)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
