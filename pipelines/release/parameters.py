"""Parameters under `release:` in a recipe's YAML."""

from pydantic import PositiveFloat

from pipelines.parameters import Parameters


class Release(Parameters):
    """Tolerance of the export, and texts of the model card."""

    tolerance: PositiveFloat = 1e-4  # largest absolute difference between ONNX and torch, for images in [-1, 1]
    licence: str = "not stated"  # of the training images
    limits: tuple[str, ...] = ()  # limits of the model, one sentence each
