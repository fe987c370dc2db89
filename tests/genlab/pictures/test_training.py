"""Tests of the rows of images that are shown during training, by the capabilities of the recipe."""

import torch

from genlab.pictures.training import rows


class Shifts:
    """Translator: a -> b adds 0.25, b -> a subtracts it."""

    def __init__(self, *directions):
        self.directions = directions

    def generators(self):
        return {}

    def sample(self, images, direction):
        return images + (0.25 if direction == "a_to_b" else -0.25)


INPUTS = {"a": torch.zeros(2, 1, 4, 4), "b": torch.ones(2, 1, 4, 4)}


def levels(recipe):
    return [(name, float(row.mean())) for name, row in rows(recipe, INPUTS).items()]


def test_two_directions_are_shown_with_their_cycles():
    there = [("a", 0.0), ("a_to_b", 0.25), ("a_to_b_to_a", 0.0)]
    assert levels(Shifts("a_to_b", "b_to_a")) == [*there, ("b", 1.0), ("b_to_a", 0.75), ("b_to_a_to_b", 1.0)]


def test_one_direction_is_shown_with_the_ground_truth():
    assert levels(Shifts("b_to_a")) == [("b", 1.0), ("b_to_a", 0.75), ("a", 0.0)]
