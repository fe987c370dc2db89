"""Perceptual path length scores, with stand-ins for the generator and the extractor."""

import numpy as np
import pytest
import torch

from genlab.evaluation import styles
from genlab.evaluation.scores import GroupName
from genlab.evaluation.styles import path_distances, path_length_protocol, path_length_scores
from genlab.metrics.path_length import STEP, perceptual_path_length, steps_along


class Blank(torch.nn.Module):
    """A generator whose images get brighter along each axis of w, which is z: a step in W is as bright as it is long."""

    latent_size, noise_size = 3, 1

    def __init__(self, classes):
        super().__init__()
        self.classes, self.labels = classes, []
        self.register_buffer("mean", torch.zeros(3))

    def map(self, latent, label=None):
        self.labels.append(None if label is None else label.tolist())
        return latent

    def synthesise(self, w, noise):
        return w[:, None, None] / 10


class Brightness:
    """An extractor whose only activation is the pixels, next to a constant: for dark images a distance is that of the pixels."""

    name = "brightness"

    def stages(self, images):
        pixels = images[..., 0][:, None].astype(np.float64) / 255
        return [np.concatenate([np.cos(pixels), np.sin(pixels)], axis=1)]


@pytest.mark.parametrize(("classes", "labels"), [(0, None), (2, [0, 1, 0, 1, 0])])
def test_each_space_has_a_row_and_w_is_the_own_row(classes, labels):
    generator = Blank(classes)
    distances = {space: list(each) for space, each in path_distances(generator, Brightness(), 5).items()}
    assert all(given == labels for given in generator.labels) and len(generator.labels) == 4
    group = path_length_scores(distances, Brightness())
    assert group.name == GroupName.PATH_LENGTH and group.own.name == "W"
    for name, row in group.to_json().items():
        steps = steps_along(generator, name.lower(), 5, styles.SEED, labels=torch.arange(5) % 2 if classes else None)
        assert row == perceptual_path_length(steps, STEP, Brightness()) and set(row) == {"ppl_brightness", "ppl_brightness_spread"}


def test_the_protocol_counts_the_pairs():
    assert path_length_protocol(5).startswith("5 pairs a space") and "step 0.0001" in path_length_protocol(5)
