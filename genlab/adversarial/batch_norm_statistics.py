"""Batch-norm statistics recomputed after training, the "standing statistics" of Brock et al. 2018 (arXiv:1809.11096).

Statistics are averaged over many batches of samples, so that a sample does not depend on other samples. They fit the weights of a moving
average, whereas its running statistics are copied from the trained network.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from genlab.networks.contracts import Sampler
from genlab.networks.layers.normalise import BATCH_NORMS, without_spectral_norm

BATCH_SIZE = 64  # images


class TupleInputs(nn.Module):
    """Wraps a network of several inputs as a network of one tuple, since torch's `update_bn` passes a single argument."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        outputs: Tensor = self.network(*inputs)
        return outputs


def recompute_batch_norms(
    generator: nn.Module,  # latent (N, latent_size) [, label (N,)] -> images; has attributes `latent_size` and `classes`
    batches: int,
) -> None:
    """Replace the mean and variance of every batch norm by averages over `batches` batches of samples.

    Latents are drawn from N(0, 1), labels uniformly. Nothing else in the generator changes: spectral norms are evaluated as in
    evaluation mode, without a power iteration.
    """
    device, sampler = next(generator.parameters()).device, cast(Sampler, generator)

    def inputs() -> tuple[Tensor, ...]:
        latents = torch.randn(BATCH_SIZE, sampler.latent_size, device=device)
        return (latents, torch.randint(sampler.classes, (BATCH_SIZE,), device=device)) if sampler.classes else (latents,)

    measured = without_spectral_norm(generator)
    with torch.no_grad():
        update_bn(((inputs(),) for _ in range(batches)), TupleInputs(measured))
    for name, layer in measured.named_modules():
        if isinstance(layer, BATCH_NORMS):
            generator.get_submodule(name).load_state_dict(layer.state_dict())
