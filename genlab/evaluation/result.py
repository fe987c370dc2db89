"""The result of an evaluation."""

from typing import NamedTuple

from PIL import Image

from genlab.evaluation.scores import Evaluation


class Result(NamedTuple):
    """Scores and pictures of a recipe."""

    scores: Evaluation
    samples: Image.Image  # a sheet of samples, or of translations below their sources
    pictures: dict[str, Image.Image]  # further pictures by name; empty for a recipe that translates
