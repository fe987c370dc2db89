"""How dropout and batch norm behave when a trained network translates images: part of the model and of its release."""

from dataclasses import dataclass
from typing import Literal, cast

from torch import nn

from genlab.errors import InputError
from genlab.networks.contracts import Translator
from genlab.networks.layers.normalise import BATCH_NORMS, BatchNorm


@dataclass(frozen=True)
class Inference:
    """Behaviour of dropout and batch norm in evaluation mode.

    The defaults are those of Isola et al. 2017 (arXiv:1611.07004), section 3.3, last paragraph: dropout stays on, and batch norm uses the
    statistics of the test batch, of one image. `batch` always means a batch of one image here, so that the result for an image never
    depends on the other images of its batch.
    """

    dropout: bool = True  # True: a translation depends on noise; False: it is a deterministic function of the image
    statistics: Literal["batch", "running"] = "batch"  # of batch norm; no effect on networks without it

    def apply(self, network: nn.Module) -> None:
        """Configure the evaluation mode of a network, in place.

        Raises:
            InputError: `dropout` is True but the network has no dropout, or a batch norm does not support statistics of one image.
        """
        translator = cast(Translator, network)
        if self.dropout and translator.dropout_noise is None:
            raise InputError(
                f"sampling.dropout: true, but {type(network).__name__} has no dropout as it is described. Set it to false, or give it some."
            )
        translator.noise = translator.dropout_noise if self.dropout else None
        for name, layer in network.named_modules():
            if isinstance(layer, BatchNorm):
                layer.per_image = self.statistics == "batch"
            elif isinstance(layer, BATCH_NORMS) and self.statistics == "batch":
                raise InputError(f"sampling.statistics: batch, but {name} is a {type(layer).__name__}. Use running statistics.")
