"""The canonical extractor of FID, KID and the Inception Score, from a file of weights that the user brings.

The network and its resizing are genlab's own. Heusel et al. 2017 (arXiv:1706.08500), Binkowski et al. 2018 (arXiv:1801.01401), Salimans et
al. 2016 (arXiv:1606.03498).
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genlab.engine.files import sha256
from genlab.engine.paths import expanded
from genlab.extractors import inception_network
from genlab.extractors.batches import in_batches, softmax
from genlab.extractors.feature_cache import CachedFeatures, key_of
from genlab.extractors.inception_network import CLASSES, FEATURES, SIDE, Network
from genlab.extractors.inception_weights import checked
from genlab.extractors.resizing import as_tensorflow, in_colour
from genlab.extractors.runtime import exported, outputs_of
from genlab.images.prepared_set import PreparedSet


class Inception:
    """uint8 images (N, H, W, 3) or grey (N, H, W, 1) -> float32 features (N, 2048), the means of the last maps.

    Images are resized to 299 px as by TensorFlow 1 and normalised as (x - 128) / 128. It classifies the 1,008 outputs of the network.
    Scores have no suffix: `fid`, `kid`, `is`. So the file of weights must be one of those that are known by their SHA-256.

    Raises:
        InputError: the file of weights does not exist, or is not one of the known files.
    """

    name = "inception"
    resize = "bilinear as in TensorFlow 1 (no antialiasing, pixels aligned by corners), 299 px"

    def __init__(
        self,
        weights: str,  # path of pt_inception-2015-12-05-6726825d.pth or inception-2015-12-05.pt
        cache: str | Path = ".genlab/extractors",  # folder of the ONNX file, exported once, and of the features of image sets
        batch_size: int = 16,
        threads: int | None = None,  # None: torch's number of threads; NVIDIA's file always uses torch's
    ):
        self.weights, self.sha256, self.form = checked(weights)
        self.cache, self.batch_size = expanded(cache), batch_size
        self.threads = threads or torch.get_num_threads()

    def prepared(self, images: PreparedSet) -> "Inception":
        """The same extractor, for every image set."""
        return self

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (str(self.weights), self.cache, self.batch_size, self.threads)  # other processes load their own network

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return in_batches(lambda batch: self.network(prepare(batch)), images, self.batch_size)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, (N, 2048), read-only. They are computed once and cached."""
        return self.cached(images, indices).features()

    def cached(self, images: PreparedSet, indices: np.ndarray) -> CachedFeatures:
        """Describe these features: their file, and how they are computed."""
        key = key_of(self.sha256, [__file__, inception_network.__file__], [self.batch_size, self.threads])
        return CachedFeatures.of(self.cache, images, indices, key, self, self.batch_size)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Images uint8 (N, H, W, C) -> probabilities of the network's classes, float32 (N, 1008)."""
        return self.probabilities_of(self(images))

    def probabilities_of(self, features: np.ndarray) -> np.ndarray:
        """Features (N, 2048) -> probabilities of the network's classes, float32 (N, 1008).

        The biases of the final layer are left out, as in the authors' code of the Inception Score.
        """
        return softmax(features @ self.final_weight.T)

    @cached_property
    def network(self) -> Callable[[np.ndarray], np.ndarray]:
        """Function from images float32 (N, 3, 299, 299) in [-1, 1) to features (N, 2048)."""
        if self.form == "torchscript":
            return scripted(self.weights)
        code = sha256(Path(inception_network.__file__))
        file = self.cache / f"inception_{self.sha256[:16]}_{code[:8]}.onnx"
        session = exported(file, lambda: loaded(self.weights), SIDE, ["features"], self.threads)
        return lambda images: outputs_of(session, images)[0]

    @cached_property
    def final_weight(self) -> np.ndarray:
        """Weights of the final layer, (1008, 2048)."""
        if self.form == "torchscript":
            state = torch.jit.load(self.weights, map_location="cpu").state_dict()
            weight = next(tensor for tensor in state.values() if tensor.shape == (CLASSES, FEATURES))
        else:
            weight = loaded(self.weights).fc.weight
        found: np.ndarray = weight.detach().float().numpy()
        return found


def prepare(images: np.ndarray) -> np.ndarray:
    """Images uint8 (N, H, W, C) -> normalised float32 (N, 3, 299, 299)."""
    return as_tensorflow(in_colour(images), SIDE).sub_(128).div_(128).numpy()


def loaded(weights: Path) -> Network:
    """Load the network from a state_dict. Counters of batches, which batch norm has for training only, are ignored."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = Network()
    network.load_state_dict({name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")})
    return network.eval()


def scripted(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Features by NVIDIA's TorchScript file. Loading it executes its code, so its hash must have been checked.

    Its own resizing and normalisation are left out: `layers` is the part of the network after them.
    """
    layers: Any = torch.jit.load(weights, map_location="cpu").eval().layers

    def compute(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            features: np.ndarray = layers(torch.from_numpy(images)).reshape(-1, FEATURES).numpy()
        return features

    return compute
