"""Checks before training: generator, critic, growth and images fit each other."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.adversarial.growth import Growth
from genlab.errors import InputError
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.growing import Growing


def check_images(
    real: Tensor,  # (N, C, H, W)
    fake: Tensor,
    critic: nn.Module,
    logits_of: Callable[[Tensor], object],  # what the critic says of images
    hint: str = "",  # what else may have to be changed
) -> None:
    """The generator's images must be of the real ones' shape, and the critic must take them.

    Raises:
        InputError: they are not, or it doesn't.
    """
    shapes = {name: " x ".join(map(str, images.shape[1:])) for name, images in (("real", real), ("fake", fake))}
    if real.shape[1:] != fake.shape[1:]:
        raise InputError(
            f"the image set has images of {shapes['real']} (channels, height, width), the generator makes {shapes['fake']}. "
            "Change the networks' `size` and `channels`, or the image set's."
        )
    try:
        with evaluation_mode(critic), torch.no_grad():
            logits_of(real)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"the critic cannot take images of {shapes['real']}: {error}. Change its `size` and `channels`{hint}.") from error


def check_same_classes(generator: nn.Module, critic: nn.Module) -> None:
    """Both players are told the same labels, or none.

    Raises:
        InputError: they are not.
    """
    if generator.classes != critic.classes:
        raise InputError(
            f"classes: got {generator.classes} for the generator and {critic.classes} for the critic, expected the same: either both are "
            "told labels, or none (see genlab.networks.conditional). Change one."
        )


def check_growth(growth: Growth, generator: nn.Module, critic: nn.Module, growing: nn.Module | None = None) -> None:
    """Both players must be able to grow, to the same side, and in time.

    Raises:
        InputError: they aren't.
    """
    for player, network in (("generator", growing or generator), ("critic", critic)):
        if not isinstance(network, Growing):
            raise InputError(
                f"growth: the {player}'s {type(network).__name__} ({type(network).__module__}) does not grow. Take "
                "genlab.networks.progan's, or stylegan's synthesis, or `growth: null`."
            )
    if generator.size != critic.size:
        raise InputError(f"size: got {generator.size} for the generator and {critic.size} for the critic, expected the same. Change one.")
    growth.check(generator.size)
