"""FreezeD: the first layers of the critics keep the weights of an earlier training. Mo et al. 2020 (arXiv:2002.10964), section 3."""

from torch import nn

from genlab.engine.recipe import Recipe
from genlab.errors import InputError
from genlab.networks.first_layers import HasFirstLayers
from genlab.training.matching import Match


def freeze(
    recipe: Recipe,
    layers: int,  # number of first layers of each critic; 0: none
    found: Match,
) -> list[str]:
    """Exclude the loaded parameters of the first layers of each critic from all updates -> their names.

    They get no gradient, and the optimizer leaves them as they are. Parameters of these layers that were not loaded, such as those of a
    convolution of another number of channels, learn. Buffers, such as running statistics, go on changing.

    Raises:
        InputError: the recipe has no critic, a critic does not state its layers or has fewer, or none of them was loaded.
    """
    if layers == 0:
        return []
    if layers < 0 or not recipe.critics():
        reason = "expected 0 or a number of layers" if layers < 0 else f"but {type(recipe).__name__} has no critic"
        raise InputError(f"initial.freeze: got {layers}, {reason}. Set it to 0.")
    loaded = {id(parameter) for name, parameter in recipe.named_parameters() if name in found.values}
    frozen: list[nn.Parameter] = []
    for name, critic in recipe.critics().items():
        first = critic.first_layers() if isinstance(critic, HasFirstLayers) else []
        if layers > len(first):
            raise InputError(
                f"initial.freeze: got {layers}, but {name}, a {type(critic).__name__} ({type(critic).__module__}), has {len(first)} "
                "layers that can be frozen: all but the last (genlab.networks.first_layers). Lower it."
            )
        inside = [each for modules in first[:layers] for module in modules for each in module.parameters() if id(each) in loaded]
        if not inside:
            raise InputError(
                f"initial.freeze: got {layers}, but the source has no weights for these layers of {name}, and random ones should learn. "
                "A release has no critic: start from the checkpoint of the same training, or set `freeze` to 0."
            )
        frozen += inside
    excluded = {id(parameter) for parameter in frozen}
    for parameter in frozen:
        parameter.requires_grad_(False)
    for update in recipe.gradient_updates().values():
        update.parameters = [parameter for parameter in update.parameters if id(parameter) not in excluded]
    return [name for name, parameter in recipe.named_parameters() if id(parameter) in excluded]
