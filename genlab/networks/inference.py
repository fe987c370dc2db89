"""What dropout and batch norm do when a trained network translates: part of the model, and of what is released."""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from genlab.errors import InputError
from genlab.networks.layers.normalise import BATCH_NORMS, BatchNorm


@dataclass(frozen=True)
class Inference:
    """Isola et al. 2017 (arXiv:1611.07004), section 3.3, last paragraph: dropout stays on, norms go by the test batch, of one image.

    `batch` here always means a batch of one, so that what becomes of an image never depends on its neighbours.
    """

    dropout: bool = True  # on: a translation depends on noise; off: it is a function of the image
    statistics: Literal["batch", "running"] = "batch"  # of batch norm; networks without it are the same either way

    def apply(self, network: nn.Module) -> None:
        """Make the network sample so in evaluation mode, from now on.

        Raises:
            InputError: dropout is to stay on in a network that has none, or a batch norm cannot go by one image.
        """
        if self.dropout and network.dropout_noise is None:
            raise InputError(
                f"sampling.dropout: true, but {type(network).__name__} has no dropout as it is described. Set it to false, or give it some."
            )
        network.noise = network.dropout_noise if self.dropout else None
        for name, layer in network.named_modules():
            if isinstance(layer, BatchNorm):
                layer.per_image = self.statistics == "batch"
            elif isinstance(layer, BATCH_NORMS) and self.statistics == "batch":
                raise InputError(f"sampling.statistics: batch, but {name} is a {type(layer).__name__}. Use running statistics.")
