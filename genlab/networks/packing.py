"""Packing: the critic sees several images at once, so that it can detect samples that are all alike. Lin et al. 2018 (arXiv:1712.04086)."""

from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.first_layers import Layers, wrapped_layers


class Packed(nn.Module):
    """Critic of packs of images: image (N, C, H, W) -> logits (N / packing,). PacGAN, section 1.1.

    The images of a pack are concatenated along channels before the wrapped critic, which therefore has `packing` times the channels of an
    image. Image i shares a pack with its neighbours in the batch: they are independent samples, all real or all fake.

    Raises:
        InputError: the packing is below 1, or the wrapped critic is conditional on labels, of which a pack has several.
    """

    classes = 0  # unconditional

    def __init__(
        self,
        critic: nn.Module,  # image (N, packing * C, H, W) -> logits (N, ...)
        packing: int = 2,  # m, images per pack; 1: no packing
    ):
        super().__init__()
        if packing < 1:
            raise InputError(f"packing: got {packing}, expected the number of images per pack, from 1 on.")
        if critic.classes:
            raise InputError(
                f"packing: got a critic with {critic.classes} classes, expected an unconditional one: a pack has no one label."
            )
        self.critic, self.packing = critic, packing

    def first_layers(self) -> Layers:
        """Those of the wrapped critic."""
        return wrapped_layers(self.critic)

    def forward(self, image: Tensor) -> Tensor:
        if len(image) % self.packing:
            raise ValueError(f"a batch of {len(image)} images cannot be split into packs of {self.packing}: change the batch size")
        logits: Tensor = self.critic(image.unflatten(0, (-1, self.packing)).flatten(1, 2))
        return logits
