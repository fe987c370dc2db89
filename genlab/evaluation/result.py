"""What an evaluation returns."""

from typing import NamedTuple

from PIL import Image

from genlab.evaluation.scores import Evaluation


class Result(NamedTuple):
    """Scores and pictures of a recipe."""

    scores: Evaluation
    samples: Image.Image  # a sheet: samples, or translations under their sources
    pictures: dict[str, Image.Image]  # others, by name; empty for a recipe that translates
