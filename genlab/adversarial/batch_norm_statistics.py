"""Standing statistics: a trained generator's batch norms measured anew, instead of what training's running means have left.

Brock et al. 2018 (arXiv:1809.11096): averaged over many batches of its own, so that a sample depends on no other, and fits the averaged
weights, whose running means are those of the weights that were trained.
"""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from genlab.networks.layers.normalise import BATCH_NORMS, without_spectral_norm

BATCH_SIZE = 64  # images


class Pairs(nn.Module):
    """A network of several inputs as one of a tuple, which is all that torch's update_bn hands over."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        return self.network(*inputs)


def recompute_batch_norms(
    generator: nn.Module,  # latent (N, latent_size) [, label (N,)] -> images; knows its `latent_size` and `classes`
    batches: int,
) -> None:
    """Every batch norm's mean and variance become the averages over so many batches of latents from N(0, 1), the classes equally often.

    Nothing else of the generator changes: spectral norms are those of evaluation mode, and take no further step.
    """
    device = next(generator.parameters()).device

    def inputs() -> tuple[Tensor, ...]:
        latents = torch.randn(BATCH_SIZE, generator.latent_size, device=device)
        return (latents, torch.randint(generator.classes, (BATCH_SIZE,), device=device)) if generator.classes else (latents,)

    measured = without_spectral_norm(generator)
    with torch.no_grad():
        update_bn(((inputs(),) for _ in range(batches)), Pairs(measured))
    for name, layer in measured.named_modules():
        if isinstance(layer, BATCH_NORMS):
            generator.get_submodule(name).load_state_dict(layer.state_dict())
