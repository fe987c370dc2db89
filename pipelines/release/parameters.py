"""What a recipe's YAML says under `release:`."""

from pydantic import PositiveFloat

from pipelines.parameters import Parameters


class Release(Parameters):
    """How exact the exported files must be, and what their card tells beside the scores."""

    tolerance: PositiveFloat = 1e-4  # largest absolute difference of ONNX from torch, where images span 2
    licence: str = "not stated"  # of the training images
    limits: tuple[str, ...] = ()  # what the model must not be taken for, a sentence each
