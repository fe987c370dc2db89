"""Numbered checkpoints, which later ones do not replace: weights as they would be released at some point of a training."""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from genlab.engine.files import write
from genlab.engine.json_text import json_text
from genlab.engine.loop import finite, weight_sums
from genlab.engine.recipe import Recipe
from genlab.engine.weights import to_bytes
from genlab.training.selection import completed

PARAMETERS = "parameters.yml"  # describes the model to `python -m genlab`


class Kept:
    """A folder of numbered checkpoints of one experiment: `<folder>/<key>/images-000009600.safetensors`, with the model's description.

    Each file is written completely or not at all.
    """

    def __init__(self, folder: Path, key: str, model: object):  # model: the recipe, or its description
        self.folder, self.model = folder / key, model

    def keep(self, recipe: Recipe, seed: int, images: int) -> Path:
        """Write the weights of the recipe as they would be released now. Neither the recipe nor the random numbers change.

        Raises:
            NonFiniteLossError: a weight is NaN or infinite.
            DiskFullError: the file system has no space left.
        """
        finite(weight_sums(recipe), images)
        if isinstance(self.model, Mapping):
            description = json.loads(json_text({"model": self.model, "seed": seed}, default=str))
            write(self.folder / PARAMETERS, yaml.safe_dump(description, sort_keys=False).encode())
        file = self.folder / f"images-{images:09d}.safetensors"
        with completed(recipe, seed, images):
            write(file, to_bytes(recipe.state_dict()))
        return file
