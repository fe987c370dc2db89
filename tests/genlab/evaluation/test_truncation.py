"""Scores by truncation, with a stand-in for the sampler."""

import logging
import math

import numpy as np
import torch
from stand_ins import Classifiers, image_set, of_split, reference

from genlab.engine.in_order import Batches
from genlab.evaluation.truncation import compared, truncated_features, truncation_scores
from genlab.images.pixels import to_channels_first, to_unit
from genlab.networks.latents import normal
from genlab.pictures.samples import BOUNDS

LATENT_SIZE = 3


def test_truncation_is_scored_from_none_to_the_narrowest_bound(caplog):
    caplog.set_level(logging.INFO, "genlab")
    images, seen = image_set(training=200, held_out=200, mislabelled=0.2), []

    def sample(latents, labels):
        seen.append((latents, labels))
        return to_unit(to_channels_first(of_split(images, "test")[0][: len(latents)])) * latents.abs().max().clamp(max=1)

    def batches(latents, labels):
        made = sample(latents, labels)
        return Batches(len(latents), 32, lambda start, stop: made[start:stop])

    latents = normal(200, LATENT_SIZE, 0)
    found, classifier = reference(images), Classifiers().of_set(images)
    held_out = classifier(images.images[found.test])
    some = compared(200, len(latents), most=100)
    features = truncated_features(batches, latents[:100], torch.from_numpy(found.labels[some]), classifier, BOUNDS)
    group = truncation_scores({name: np.concatenate(list(each)) for name, each in features.items()}, held_out[some], classifier)
    assert [row.name for row in group.rows] == ["none", "2", "1.5", "1", "0.75", "0.5", "0.25"] and group.own.name == "none"
    assert all(list(row.values) == ["kid_in_domain", "precision", "recall"] for row in group.rows)
    assert torch.equal(seen[0][0], latents[:100]) and all(torch.equal(given, seen[0][1]) for _, given in seen)
    for bound, (some, _) in zip((math.inf, 2, 1.5, 1, 0.75, 0.5, 0.25), seen, strict=True):
        assert some.abs().max() <= bound and torch.equal(some.sign(), latents[:100].sign())
    assert group.rows[-1].values["kid_in_domain"].value > group.own.values["kid_in_domain"].value  # truncated samples turn grey here
    assert "100 samples, truncation: 0.75" in caplog.text
