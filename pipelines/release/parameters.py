"""Parameters under `release:` in a recipe's YAML."""

from pydantic import PositiveFloat, PositiveInt

from pipelines.parameters import Parameters


class Requests(Parameters):
    """Limits of one request to the served model; see docs/how-to/serve.md."""

    megabytes: PositiveInt = 1000  # memory for one run of a network, and for the pictures or images of a request
    pixels: PositiveInt | None = None  # of all pictures of a request to a translator; None: from `megabytes`
    images: PositiveInt | None = None  # of a request; None: from `megabytes`, at most 1,000


class Release(Parameters):
    """Tolerance of the export, and limits of the model. The licence of the data belongs to the image set."""

    tolerance: PositiveFloat = 1e-4  # largest absolute difference between ONNX and torch, for images in [-1, 1]
    requests: Requests = Requests()
    limits: tuple[str, ...] = ()  # limits of the model, one sentence each
