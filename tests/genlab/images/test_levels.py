"""Levels of intensity and densities over them."""

import math

import pytest
import torch

from genlab.images.levels import bits_per_dimension, dequantised, level_of, log_volume, scored_text, step, within_range
from genlab.images.pixels import to_unit


def test_every_byte_is_its_level():
    assert torch.equal(level_of(to_unit(torch.arange(256, dtype=torch.uint8))), torch.arange(256.0))


def test_a_dequantised_value_stays_within_its_level_and_fills_it():
    torch.manual_seed(0)
    image = torch.full((20_000,), 1 / 8)  # level 9 of 17
    moved = dequantised(image, 17)
    assert torch.equal(level_of(moved, 17), torch.full_like(image, 9))
    assert float(moved.var()) == pytest.approx(step(17) ** 2 / 12, rel=0.03)  # variance of a uniform distribution


def test_a_uniform_density_takes_8_bits_per_value_of_256_levels():
    """A density of 1 / (levels x step) at each of 4 values gives log(1 / levels) each, or 8 bits for 256 levels."""
    nats = -4 * math.log(256 * step(256)) + log_volume(4, 256)
    assert nats == pytest.approx(-4 * math.log(256)) and bits_per_dimension(nats, 4) == pytest.approx(8)


def test_real_numbers_have_no_levels():
    numbers = torch.tensor([-3.0, 0.5, 2.0])
    assert torch.equal(dequantised(numbers, None), numbers) and torch.equal(within_range(numbers, None), numbers)
    assert log_volume(3, None) == 0 and scored_text(None) == "real numbers"
    assert within_range(numbers, 17).tolist() == [-1, 0.5, 1] and scored_text(17) == "images in 17 levels"
