"""Simple stand-ins for image sets, an extractor, a classifier and recipes, whose scores are easy to predict."""

import dataclasses
import sys
import types

import numpy as np
import pandas as pd
import torch

from genlab.engine.capabilities import Truncated
from genlab.engine.recipe import Recipe
from genlab.evaluation.reference import reference_of
from genlab.evaluation.settings import Settings
from genlab.images.feeding.source import labels
from genlab.images.prepared_set import PreparedSet
from genlab.networks.labels import class_weights

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu", "compile": False}
ADAM = {"class": "torch.optim.Adam", "partial": True, "lr": 1e-3}
MODEL = {  # a small GAN on the images below
    "class": "genlab.recipes.gan.GAN",
    "loss": {"class": "genlab.losses.adversarial.HINGE"},
    "generator": {"class": "genlab.networks.dcgan.Generator", "size": 16, "channels": 1, "latent_size": 4, "width": 4},
    "critic": {"class": "genlab.networks.dcgan.Critic", "size": 16, "channels": 1, "width": 4, "norm": "none"},
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}


class Means:
    """An extractor whose features are the means of an image over patches of 4 x 4 pixels."""

    name, sha256, resize = "means", "0" * 64, "none"

    def prepared(self, images):
        return self

    def __call__(self, images):
        count, height, width, channels = images.shape
        patches = images.reshape(count, height // 4, 4, width // 4, 4, channels).mean((2, 4))
        return (patches.reshape(count, -1) / 255).astype(np.float32)

    def of_set(self, images, indices):
        return self(images.images[indices])


class Staged(Means):
    """Means with activations: the features themselves, as one layer of one position."""

    layers = "the features"

    def stages(self, images):
        return [self(images)[:, :, None, None]]


class NearestMean(Means):
    """A classifier that predicts the class with the nearest mean features."""

    name = "in_domain"

    def __init__(self, images, labels, classes):
        features, far = self(images), np.full((1, self(images).shape[1]), 1e6)  # the mean of a class without images
        self.centres = np.stack([(features[labels == number] if (labels == number).any() else far).mean(0) for number in range(classes)])

    def predict(self, images):
        return self.assigned(self(images))

    def assigned(self, features):
        return np.linalg.norm(features[:, None] - self.centres, axis=2).argmin(1)

    def accuracy(self, images, labels):
        return float((self.predict(images) == labels).mean())


class Classifiers:
    """A stand-in for the cache of classifiers, which fits a NearestMean."""

    def of_set(self, images):
        train = images.indices("train")
        return NearestMean(images.images[train], labels(images)[train], len(images.classes))


class Conditional(Recipe):
    """A sample is the image of its class, with the first latent / 10 added."""

    classes = 2

    def __init__(self, latent_size: int = 3):
        super().__init__()
        self.latent_size, self.updates = latent_size, {}
        self.register_buffer("bank", torch.rand(2, 1, 16, 16) * 2 - 1)

    def sample(self, latents, labels):
        of_class = torch.einsum("nk,kchw->nchw", class_weights(labels, 2), self.bank)
        return (of_class + latents[:, :1, None, None] / 10).clamp(-1, 1)


class Styled(Recipe):
    """A sample is the image of its class, with psi x the first latent / 10 and the last noise value / 50 added."""

    truncates, noise_size = Truncated.STYLES, 5

    def __init__(self, classes: int = 0, latent_size: int = 3):
        super().__init__()
        self.classes, self.latent_size, self.updates = classes, latent_size, {}
        self.register_buffer("bank", torch.rand(max(1, classes), 1, 16, 16) * 2 - 1)

    def generators(self):
        return {"generator": self}

    def sample(self, latents, labels=None, noise=None, truncation=1.0):
        noise = torch.zeros(len(latents), self.noise_size) if noise is None else noise
        assert noise.shape == (len(latents), self.noise_size)
        weights = class_weights(labels, self.classes) if self.classes else torch.ones(len(latents), 1)
        shade = truncation * latents[:, 0] / 10 + noise[:, -1] / 50
        return (torch.einsum("nk,kchw->nchw", weights, self.bank) + shade[:, None, None, None]).clamp(-1, 1)


def fit_in_no_time(monkeypatch):
    """Let evaluation fit a NearestMean instead of training a classifier; return a list that collects the training sets."""
    trained = []

    def fit(images, labels, classes, seed=0, what="", budget=0):
        trained.append((images, labels))
        return NearestMean(images, labels, classes)

    monkeypatch.setattr("genlab.evaluation.classes.fit", fit)
    monkeypatch.setattr("genlab.evaluation.wording.classifier_protocol", lambda budget: f"nearest mean of {budget:,} images")
    return trained


def name_in_yaml(monkeypatch, *classes):
    """Make classes available to YAML files as genlab.recipes.stand_in.<their name>."""
    module = types.ModuleType("genlab.recipes.stand_in")
    for each in classes:
        setattr(module, each.__name__, each)
        monkeypatch.setattr(each, "__module__", module.__name__)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def image_set(training=40, held_out=20, channels=1, kind="labelled", mislabelled=0.0, names=("left", "top")):
    """Noisy ramps along the vertical or the horizontal; the fraction `mislabelled` of them has the label of the other class."""
    random, count = np.random.default_rng(0), training + held_out
    ramp = np.linspace(0, 200, 16).astype(np.uint8)
    kinds = np.stack([np.tile(ramp[:, None], (1, 16)), np.tile(ramp, (16, 1))])
    kind_of = random.integers(0, 2, count)
    images = kinds[kind_of, :, :, None] + random.integers(0, 50, (count, 4, 4, channels), np.uint8).repeat(4, 1).repeat(4, 2)
    manifest = pd.DataFrame({"path": [f"{index:03}.png" for index in range(count)], "domain": "", "pair": ""})
    manifest["stem"] = manifest["path"]
    is_left = (kind_of == 1) ^ (random.random(count) < mislabelled)
    manifest["label"] = np.where(is_left, *names) if kind == "labelled" else ""
    manifest["split"] = np.where(np.arange(count) < training, "train", "test")
    return PreparedSet("ramps", kind, images, manifest, tuple(sorted(names)) if kind == "labelled" else (), "0" * 64, (0, 0, 0))


def reference(images, **sizes):
    """The reference images of a set in the features of Means."""
    return reference_of(images, Means(), Settings(**sizes))


def of_split(images, split):
    """Images uint8 (N, H, W, C) and labels (N,) of a split."""
    indices = images.indices(split)
    return images.images[indices], labels(images)[indices]


def relabelled(images, positions, name):
    """The same set with the class `name` for the images at these positions."""
    manifest = images.manifest.copy()
    manifest.loc[positions, "label"] = name
    return dataclasses.replace(images, manifest=manifest, classes=tuple(sorted({*images.classes, name})))
