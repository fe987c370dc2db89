"""Checks before training that generator, critic, growth and images are compatible."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from genlab.adversarial.growth import Growth
from genlab.errors import InputError
from genlab.networks.contracts import Sampler
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.growing import Growing


def check_images(
    real: Tensor,  # (N, C, H, W)
    fake: Tensor,
    critic: nn.Module,
    logits_of: Callable[[Tensor], object],  # images -> output of the critic
    hint: str = "",  # appended to the error message: what else may have to be changed
) -> None:
    """Check that real and generated images have the same shape and that the critic accepts them.

    Raises:
        InputError: the shapes differ, or the critic fails.
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
    """Check that generator and critic have the same number of classes.

    Raises:
        InputError: they differ.
    """
    if generator.classes != critic.classes:
        raise InputError(
            f"classes: got {generator.classes} for the generator and {critic.classes} for the critic, expected the same: either both are "
            "conditional on labels, or neither (see genlab.networks.conditional). Change one."
        )


def check_growth(growth: Growth, generator: nn.Module, critic: nn.Module, growing: nn.Module | None = None) -> None:
    """Check that generator and critic can grow, to the same image side, and that the schedule completes within the budget.

    `growing` is the part of the generator that grows, if it is not the generator itself.

    Raises:
        InputError: a network cannot grow, the sides differ, or the phases do not fit into the budget.
    """
    for role, network in (("generator", growing or generator), ("critic", critic)):
        if not isinstance(network, Growing):
            raise InputError(
                f"growth: the {role}'s {type(network).__name__} ({type(network).__module__}) does not grow. Take "
                "genlab.networks.progan's, or stylegan's synthesis, or `growth: null`."
            )
    if generator.size != critic.size:
        raise InputError(f"size: got {generator.size} for the generator and {critic.size} for the critic, expected the same. Change one.")
    growth.check(cast(Sampler, generator).size)
