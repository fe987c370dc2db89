"""Diversity of samples relative to real images."""

import math

import pytest
import torch

from genlab.adversarial.diversity import Diversity, pairwise_distance
from genlab.engine.stream import Stream


def test_pairwise_distance_of_the_corners_of_a_square():
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).reshape(4, 1, 1, 2)
    assert pairwise_distance(corners).item() == pytest.approx((4 * 1 + 2 * math.sqrt(2)) / 6)


def test_diversity_is_relative_to_real_images_and_measured_at_intervals():
    class Source:
        def batches(self, start):
            while True:
                yield {"image": torch.tensor([0.0, 4.0]).reshape(2, 1, 1, 1)}

    asked = []

    def sample(count):
        asked.append(count)
        return torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)

    stream, update = Stream(Source()), Diversity(sample, every=3)
    seen = []
    for turn in range(7):
        stream.start_turn(turn)
        seen.append({name: value.item() for name, value in update(stream).items()})
    assert seen == [{"diversity": 0.25} if turn % 3 == 0 else {} for turn in range(7)]
    assert asked == [4, 4, 4]  # twice the batch: measuring large images takes no more memory than a turn


def test_a_batch_of_one_image_has_no_diversity():
    class Source:
        def batches(self, start):
            while True:
                yield {"image": torch.zeros(1, 1, 1, 1)}

    stream = Stream(Source())
    stream.start_turn(0)
    assert Diversity(lambda count: torch.zeros(count, 1, 1, 1))(stream) == {}
