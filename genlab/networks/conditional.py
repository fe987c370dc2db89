"""How a network is told a label: joined to what it takes, by an inner product with its features, or as what it has to tell itself.

A label is a whole number, (N,), or weights of the classes, (N, classes): a place between classes. See genlab.networks.labels.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from genlab.errors import InputError
from genlab.networks.labels import check_count, class_weights


class CriticOutput(NamedTuple):
    """What a critic says of images."""

    logits: Tensor  # (N, ...), real or fake
    class_logits: Tensor | None = None  # of one that also classifies: logits of the classes, (N, classes)


class LabelEmbedding(nn.Linear):
    """Label -> its embedding (N, size): a column a class, between classes their weighted sum."""

    def __init__(self, classes: int, size: int):
        super().__init__(classes, size, bias=False)

    def forward(self, label: Tensor, dtype: torch.dtype) -> Tensor:
        # The caller's, since a look at the weight's would be a step of its spectral norm.
        return super().forward(class_weights(label, self.in_features).to(dtype))


class JoinedGenerator(nn.Module):
    """Latent (N, latent_size), label -> image (N, C, H, W): an embedding of the label is joined to the latent.

    Mirza and Osindero 2014 (arXiv:1411.1784), figure 1, before any generator.
    """

    def __init__(
        self,
        network: nn.Module,  # latent (N, embedding_size + latent_size) -> image
        classes: int,
        embedding_size: int = 16,
    ):
        super().__init__()
        check_count(classes, "JoinedGenerator")
        self.classes, self.size, self.latent_size = classes, network.size, network.latent_size - embedding_size
        if self.latent_size < 1:
            raise InputError(
                f"JoinedGenerator: embedding_size: got {embedding_size}, which leaves nothing of the network's latent_size "
                f"{network.latent_size}. Lower it, or raise the network's."
            )
        self.network = network
        self.embedding = LabelEmbedding(classes, embedding_size)
        nn.init.normal_(self.embedding.weight)

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        return self.network(torch.cat([latent, self.embedding(label, latent.dtype)], 1))


class JoinedCritic(nn.Module):
    """Image (N, C, H, W), label -> logits (N, ...): an embedding of the label joins the image as planes of one value each.

    Mirza and Osindero 2014 (arXiv:1411.1784), figure 1, before any critic; their images are vectors, and so is the label beside them.
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

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        told = self.embedding(label, image.dtype)[:, :, None, None]
        return self.network(torch.cat([image, told.expand(-1, -1, *image.shape[2:])], 1))


class AuxiliaryCritic(nn.Module):
    """Image (N, C, H, W) -> CriticOutput: a real-or-fake logit, and class logits. Odena et al. 2016 (arXiv:1610.09585), section 3.

    It is not told the label, but has to tell it, and so the generator has to obey it.
    """

    def __init__(
        self,
        network: nn.Module,  # image -> (N, 1 + classes)
        classes: int,
    ):
        super().__init__()
        check_count(classes, "AuxiliaryCritic")
        self.classes, self.network = classes, network

    def forward(self, image: Tensor, label: Tensor) -> CriticOutput:
        outputs = self.network(image)
        if outputs.shape[1:] != (1 + self.classes,):
            given = " x ".join(map(str, outputs.shape[1:])) or "1"
            wanted = f"a logit and {self.classes} classes need {1 + self.classes} (`outputs`)"
            raise ValueError(f"its network gives {given} numbers an image, {wanted}")
        return CriticOutput(outputs[:, 0], outputs[:, 1:])


class Projection(nn.Module):
    """Features (N, features), label -> logits (N,): psi . phi(x) + b + V_y . phi(x). Without classes the first two terms alone.

    Miyato and Koyama 2018 (arXiv:1802.05637), equation 3, with a linear psi.
    """

    def __init__(self, features: int, classes: int = 0):
        super().__init__()
        self.to_logit = nn.Linear(features, 1)
        self.embedding = LabelEmbedding(classes, features) if classes else None

    def forward(self, features: Tensor, label: Tensor | None = None) -> Tensor:
        logits = self.to_logit(features).flatten()
        if self.embedding is None:
            return logits
        return logits + (self.embedding(label, features.dtype) * features).sum(1)


class ConditionalBatchNorm(nn.Module):
    """Features (N, channels, H, W), condition (N, condition_size) -> the same shape: normalised, then (1 + gain) x + bias.

    Gain and bias are linear in the condition: of the label's weights alone it is a table of them a class (de Vries et al. 2017,
    arXiv:1707.00683; Miyato and Koyama 2018), of an embedding and a piece of the latent BigGAN's (arXiv:1809.11096, appendix B).
    """

    def __init__(self, channels: int, condition_size: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(condition_size, channels, bias=False)
        self.bias = nn.Linear(condition_size, channels, bias=False)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        gain, bias = (layer(condition)[:, :, None, None] for layer in (self.gain, self.bias))
        return torch.addcmul(bias, self.norm(features), 1 + gain)
