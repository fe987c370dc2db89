"""Paths through latents are those of genlab.networks.latents, corner by corner."""

import numpy as np
import torch

from genlab.networks.latents import spherical_interpolation
from genlab.serving.latents import of_seed, path


def test_a_path_goes_on_great_circles_through_all_corners():
    corners = np.stack([of_seed(seed, 6).latent for seed in (3, 7, 12)])
    walk = path(corners, 9)
    assert walk.shape == (9, 6) and walk.dtype == np.float32
    assert np.array_equal(walk[[0, 4, 8]], corners)
    starts, ends = torch.from_numpy(corners[:-1]), torch.from_numpy(corners[1:])
    expected = spherical_interpolation(starts, ends, 5).numpy()
    assert np.abs(walk[:5] - expected[0]).max() < 1e-5 and np.abs(walk[4:] - expected[1]).max() < 1e-5


def test_frames_that_do_not_divide_by_the_corners_are_equally_spaced():
    start, end = np.array([2.0, 0.0]), np.array([0.0, 2.0])
    walk = path(np.stack([start, end]), 4)
    angles = np.degrees(np.arctan2(walk[:, 1], walk[:, 0]))
    assert np.allclose(angles, [0, 30, 60, 90], atol=1e-4) and np.allclose(np.linalg.norm(walk, axis=1), 2)
