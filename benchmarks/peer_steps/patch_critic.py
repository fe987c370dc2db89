"""PatchGAN's critic (arXiv:1611.07004, appendix 6.1.2) for pix2pix and CycleGAN."""

from torch import nn

from .peer import initialise_normal


def patch_critic(channels: int, width: int, layers: int, norm: str) -> nn.Sequential:
    """Image (N, channels, H, W) -> logits (N, 1, h, w), one per patch; `norm`: batch or instance."""
    stack: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    filters = width
    for layer in range(1, layers + 1):
        more = width * min(2**layer, 8)
        normalised = nn.BatchNorm2d(more) if norm == "batch" else nn.InstanceNorm2d(more)
        stack += [nn.Conv2d(filters, more, 4, 2 if layer < layers else 1, 1, bias=norm != "batch"), normalised, nn.LeakyReLU(0.2, True)]
        filters = more
    critic = nn.Sequential(*stack, nn.Conv2d(filters, 1, 4, 1, 1))
    initialise_normal(critic)
    return critic
