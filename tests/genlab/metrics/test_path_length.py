"""Tests of the perceptual path length against closed forms of a linear generator."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from conftest import ROOT
from torch import nn

from genlab.extractors.efficientnet import EfficientNetLite0
from genlab.metrics.path_length import great_circle, perceptual_path_length, steps_along, unrounded
from genlab.metrics.perceptual import perceptual_distances
from genlab.networks import style, stylegan, stylegan2
from genlab.networks.latents import normal


class Angles:
    """Extractor that maps brightness to angles, from 0 (black) to 1 radian (white).

    For short steps, the distance of two images is the mean squared difference of their angles.
    """

    name, sha256 = "angles", "0" * 64

    def stages(self, images):
        turn = images[..., 0].astype(np.float64) / 255
        return [np.stack([np.cos(turn), np.sin(turn)], axis=1)]


class Linear(nn.Module):
    """Generator with w = z and image = slope * w [+ noise]: one pixel per latent number."""

    def __init__(self, latent_size, slope=0.05, noise=0.0):
        super().__init__()
        self.latent_size, self.noise_size, self.slope, self.strength = latent_size, latent_size, slope, noise
        self.register_buffer("mean", torch.zeros(latent_size))
        self.labels = []

    def map(self, latent, label=None):
        self.labels.append(label)
        return latent

    def synthesise(self, w, noise):
        assert not self.training
        return (self.slope * w + self.strength * noise)[:, None, None]


def small(kind):
    torch.manual_seed(0)
    network = style.Generator(style.Mapping(16, 16, depth=2), kind.Synthesis(16, channels=1, style_size=16, width=4, most=16))
    for layer in network.synthesis.layers:
        nn.init.constant_(layer.strength, 0.1)
    return network


@pytest.mark.parametrize("step", [1e-3, 1e-2])
def test_straight_paths_of_a_linear_generator_have_their_closed_form_length(step):
    count, slope = 3000, 0.05
    scores = perceptual_path_length(steps_along(Linear(4, slope), "w", count, seed=0, step=step), step, Angles())
    # A pixel's angle changes by slope (z' - z) / 2, and z' - z is from N(0, 2).
    each = 2 * (slope / 2) ** 2
    assert scores["ppl_angles"] == pytest.approx(each, abs=4 * scores["ppl_angles_spread"])
    assert scores["ppl_angles_spread"] == pytest.approx(each * math.sqrt(2 / (4 * count)), rel=0.1)  # chi-squared with 4 degrees of freedom


def test_great_circles_of_a_linear_generator_have_their_closed_form_length():
    count, slope, step = 4000, 0.1, 1e-3
    scores = perceptual_path_length(steps_along(Linear(2, slope), "z", count, seed=0, step=step), step, Angles())
    # The angle between two latents in the plane is uniform in [0, pi], with mean square pi^2 / 3; the circle has radius sqrt(2).
    assert scores["ppl_angles"] == pytest.approx((slope / 2) ** 2 * math.pi**2 / 3, abs=4 * scores["ppl_angles_spread"])


def test_the_step_does_not_matter_where_images_are_linear():
    lengths = [
        perceptual_path_length(steps_along(Linear(8), "w", 64, seed=0, step=step), step, Angles())["ppl_angles"]
        for step in (1e-3, 1e-2, 1e-1)
    ]
    assert lengths == pytest.approx([lengths[2]] * 3, rel=2e-3)


def test_great_circles_stay_on_the_sphere_at_constant_speed():
    start, end = normal(50, 16, 0), normal(50, 16, 1)
    places = [great_circle(start, end, torch.full((50, 1), share, dtype=torch.float64)) for share in (0, 0.25, 0.5, 0.75, 1)]
    for place in places:
        assert place.dtype == torch.float32 and torch.allclose(place.norm(dim=1), torch.tensor(4.0), atol=1e-5)
    for given, reached in ((start, places[0]), (end, places[-1])):
        assert torch.cosine_similarity(given, reached).min() > 1 - 1e-6
    angles = [torch.cosine_similarity(a.double(), b.double()).acos() for a, b in pairwise(places)]
    whole = torch.cosine_similarity(start.double(), end.double()).acos()
    assert all(torch.allclose(angle, whole / 4, atol=1e-5) for angle in angles)


def test_noise_and_label_are_the_same_at_both_ends():
    for space in ("z", "w"):
        network = Linear(4, slope=0.0, noise=0.3)
        pairs = list(steps_along(network, space, 20, seed=0, labels=torch.arange(20)))
        assert [len(first) for first, _ in pairs] == [16, 4] and network.training
        assert all(torch.equal(first, second) and first.std() > 0.1 for first, second in pairs)
        assert [label.tolist() for label in network.labels] == [list(range(16))] * 2 + [list(range(16, 20))] * 2


@pytest.mark.parametrize("space", ["z", "w"])
@pytest.mark.parametrize("kind", [stylegan, stylegan2])
def test_pairs_are_a_function_of_the_seed_and_near_each_other(kind, space):
    network = small(kind)
    (first, second), *_ = steps_along(network, space, 16, seed=3)
    torch.rand(1)
    ((again, _),), ((other, _),) = (list(steps_along(network, space, 16, seed)) for seed in (3, 4))
    assert torch.equal(first, again) and not torch.allclose(first, other, atol=0.1) and not first.requires_grad
    assert 0 < (first - second).abs().max() < 0.05 and not torch.allclose(first[0], first[1], atol=0.1)


def test_the_extractor_accepts_unrounded_grey_levels():
    extractor = EfficientNetLite0(ROOT / ".genlab" / "extractors", threads=1)
    whole = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1), np.uint8)
    images = torch.from_numpy(whole).permute(0, 3, 1, 2) / 127.5 - 1
    assert np.abs(unrounded(images) - whole).max() < 1e-4 and unrounded(images).dtype == np.float32
    for stage, expected in zip(extractor.stages(unrounded(images).round()), extractor.stages(whole), strict=True):
        assert np.array_equal(stage, expected)
    tenth = unrounded(images + 0.1 / 127.5)  # a tenth of a grey level: no byte would change
    assert 0 < perceptual_distances(tenth, whole, extractor).max() < 1e-2
    assert unrounded(torch.tensor([-1.5, -1, 0, 1, 7]).reshape(1, 1, 1, 5)).flatten().tolist() == [0, 0, 127.5, 255, 255]


def test_the_papers_step_is_long_enough_for_float32():
    extractor, network = EfficientNetLite0(ROOT / ".genlab" / "extractors", threads=1), small(stylegan2)
    shorter, length = (
        perceptual_path_length(steps_along(network, "w", 8, 0, step), step, extractor)["ppl_efflite0"] for step in (3e-5, 1e-4)
    )
    assert length > 1 and length == pytest.approx(shorter, rel=0.03)
