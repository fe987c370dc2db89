"""Cache of in-domain classifiers: one per image set, trained once."""

import hashlib
import json
import logging
from pathlib import Path

import numpy as np
import torch

from genlab.engine import portable
from genlab.engine.files import write
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.export.networks import to_safetensors
from genlab.extractors import classifier, classifier_training
from genlab.extractors.classifier import CHUNK, Classifier, shrunk
from genlab.extractors.classifier_training import IMAGES, fit, initial, protocol
from genlab.images.feeding.source import labels as labels_of
from genlab.images.prepared_set import PreparedSet

log = logging.getLogger(__name__)


class Classifiers:
    """In-domain classifiers of image sets. Each is trained once, saved, and loaded from then on."""

    def __init__(
        self,
        folder: Path,
        budget: int = IMAGES,  # images seen in the training of a classifier
    ):
        self.folder, self.budget = expanded(folder), budget

    def of_set(self, images: PreparedSet) -> Classifier:
        """Return the classifier trained on the training images of a set.

        Raises:
            InputError: the set is not labelled, or has too few classes.
        """
        from safetensors.torch import load_file

        if (numbers := labels_of(images)) is None:
            raise InputError(f"Image set '{images.name}' ({images.kind}) has no labels to train a classifier with. Declare it labelled.")
        file = self.folder / f"{images.content_hash[:16]}_{key(self.budget)}.safetensors"
        if not file.exists():
            log.info("training a classifier on the images of '%s', once for all recipes", images.name)
            train = images.indices("train")
            chunks = (images.images[train[start : start + CHUNK]] for start in range(0, len(train), CHUNK))
            pixels = np.concatenate([shrunk(chunk).permute(0, 2, 3, 1).numpy() for chunk in chunks])  # the whole set may not fit in memory
            made = fit(pixels, numbers[train], len(images.classes), what=f"'{images.name}'", budget=self.budget)
            write(file, to_safetensors(made.network, {"protocol": protocol(self.budget), "classes": images.classes}))
        network = initial(images.images.shape[3], len(images.classes))
        network.load_state_dict(load_file(file))
        return Classifier(network)


def key(budget: int) -> str:
    """16 hexadecimal digits of all that a classifier depends on in addition to the images: budget, code, torch, number of threads."""
    code = [hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest() for module in (classifier, classifier_training)]
    settings = [budget, torch.__version__, np.__version__, torch.get_num_threads(), *code, *portable.marks()]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]
