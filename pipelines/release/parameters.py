"""Parameters under `release:` in a recipe's YAML."""

from pydantic import PositiveFloat

from pipelines.parameters import Parameters


class Release(Parameters):
    """Tolerance of the export, and limits of the model. The licence of the data belongs to the image set."""

    tolerance: PositiveFloat = 1e-4  # largest absolute difference between ONNX and torch, for images in [-1, 1]
    limits: tuple[str, ...] = ()  # limits of the model, one sentence each
