"""Networks conditional on labels: by concatenation to the input, by projection, by batch-norm parameters, or by a classifying critic.

A label is a class index, (N,), or weights of the classes, (N, classes), which interpolate between classes. See genlab.networks.labels.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.contracts import Sampler
from genlab.networks.first_layers import Layers, wrapped_layers
from genlab.networks.labels import check_count, class_weights


class CriticOutput(NamedTuple):
    """Output of a critic: real-or-fake logits, and class logits if it classifies."""

    logits: Tensor  # (N, ...), real or fake
    class_logits: Tensor | None = None  # (N, classes), of a critic that also classifies


class LabelEmbedding(nn.Linear):
    """Label -> embedding (N, size): the column of a class, or a weighted sum of columns for class weights."""

    def __init__(self, classes: int, size: int):
        super().__init__(classes, size, bias=False)

    def forward(self, label: Tensor, dtype: torch.dtype) -> Tensor:  # type: ignore[override]  # is not called as an nn.Linear
        # The caller passes `dtype`, since reading the weight's would run a power iteration of its spectral norm.
        return super().forward(class_weights(label, self.in_features).to(dtype))


class JoinedGenerator(nn.Module):
    """Latent (N, latent_size), label -> image (N, C, H, W): concatenate an embedding of the label to the latent.

    Mirza and Osindero 2014 (arXiv:1411.1784), figure 1, for any unconditional generator.
    """

    def __init__(
        self,
        network: nn.Module,  # latent (N, latent_size + embedding_size) -> image
        classes: int,
        embedding_size: int = 16,
    ):
        super().__init__()
        check_count(classes, "JoinedGenerator")
        facts = cast(Sampler, network)
        self.classes, self.size, self.latent_size = classes, facts.size, facts.latent_size - embedding_size
        if self.latent_size < 1:
            raise InputError(
                f"JoinedGenerator: embedding_size: got {embedding_size}, which leaves nothing of the network's latent_size "
                f"{facts.latent_size}. Lower it, or raise the network's."
            )
        self.network = network
        self.embedding = LabelEmbedding(classes, embedding_size)
        nn.init.normal_(self.embedding.weight)

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        images: Tensor = self.network(torch.cat([latent, self.embedding(label, latent.dtype)], 1))
        return images


class JoinedCritic(nn.Module):
    """Image (N, C, H, W), label -> logits (N, ...): concatenate an embedding of the label to the image, as constant planes.

    Mirza and Osindero 2014 (arXiv:1411.1784), figure 1, for any unconditional critic. In the paper, images and labels are vectors.
    """

    def __init__(
        self,
        network: nn.Module,  # image (N, C + planes, H, W) -> logits
        classes: int,
        planes: int = 4,
    ):
        super().__init__()
        check_count(classes, "JoinedCritic")
        self.classes, self.network = classes, network
        self.embedding = LabelEmbedding(classes, planes)
        nn.init.normal_(self.embedding.weight)

    def first_layers(self) -> Layers:
        """Those of the wrapped critic."""
        return wrapped_layers(self.network)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        planes = self.embedding(label, image.dtype)[:, :, None, None]
        logits: Tensor = self.network(torch.cat([image, planes.expand(-1, -1, *image.shape[2:])], 1))
        return logits


class AuxiliaryCritic(nn.Module):
    """Image (N, C, H, W) -> CriticOutput: a real-or-fake logit and class logits. Odena et al. 2016 (arXiv:1610.09585), section 3.

    The critic ignores the given label and predicts the class instead, which makes the generator produce images of the requested class.
    """

    def __init__(
        self,
        network: nn.Module,  # image -> (N, 1 + classes)
        classes: int,
    ):
        super().__init__()
        check_count(classes, "AuxiliaryCritic")
        self.classes, self.network = classes, network

    def first_layers(self) -> Layers:
        """Those of the wrapped critic."""
        return wrapped_layers(self.network)

    def forward(self, image: Tensor, label: Tensor) -> CriticOutput:
        outputs = self.network(image)
        if outputs.shape[1:] != (1 + self.classes,):
            given = " x ".join(map(str, outputs.shape[1:])) or "1"
            wanted = f"a logit and {self.classes} classes need {1 + self.classes} (`outputs`)"
            raise ValueError(f"its network gives {given} numbers per image, {wanted}")
        return CriticOutput(outputs[:, 0], outputs[:, 1:])


class Projection(nn.Module):
    """Features (N, features) [, label] -> logits (N,): psi . phi(x) + b + V_y . phi(x), without the last term if `classes` is 0.

    Miyato and Koyama 2018 (arXiv:1802.05637), equation 3, with a linear psi.
    """

    def __init__(self, features: int, classes: int = 0):
        super().__init__()
        self.to_logit = nn.Linear(features, 1)
        self.embedding = LabelEmbedding(classes, features) if classes else None

    def forward(self, features: Tensor, label: Tensor | None = None) -> Tensor:
        logits: Tensor = self.to_logit(features).flatten()
        if self.embedding is None:
            return logits
        embedded: Tensor = self.embedding(label, features.dtype)
        return logits + (embedded * features).sum(1)


class ConditionalBatchNorm(nn.Module):
    """Features (N, channels, H, W), condition (N, condition_size) -> same shape: batch norm, then (1 + gain) x + bias.

    Gain and bias are linear in the condition. For class weights as the condition, they are tables with one row per class (de Vries et al.
    2017, arXiv:1707.00683; Miyato and Koyama 2018). BigGAN's condition is a label embedding and a piece of the latent (arXiv:1809.11096,
    appendix B). As in its public code, gain 0 is that of an ordinary batch norm. Code that multiplies by the gain itself has tables
    that start at 1: subtract 1 to compare.
    """

    def __init__(self, channels: int, condition_size: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(condition_size, channels, bias=False)
        self.bias = nn.Linear(condition_size, channels, bias=False)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return torch.addcmul(bias, self.norm(features), 1 + gain)
