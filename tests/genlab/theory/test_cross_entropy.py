"""The worked example of cross-entropy, by hand."""

import math

import pytest

from genlab.theory.cross_entropy import MODELS, TRUTH, CrossEntropy, bits, error_rate


def test_all_values_are_as_predicted():
    claim = CrossEntropy(logits=20).measure(seed=1)
    assert claim.holds, [each for each in claim.measurements if not each.holds]


def test_bits_are_minus_the_logarithm_of_the_product_of_probabilities():
    products = {name: math.prod(row[truth] for row, truth in zip(rows, TRUTH, strict=True)) for name, rows in MODELS.items()}
    assert sum(bits(MODELS["model 1"])) == pytest.approx(-math.log2(products["model 1"]), abs=1e-12)
    assert -math.log2(products["model 2"]) == pytest.approx(2.725, abs=6e-4)
    assert error_rate("model 1") == 0.25 and error_rate("model 2") == 0.0


def test_probabilities_of_a_row_sum_to_one():
    assert all(sum(row) == pytest.approx(1, abs=1e-12) for rows in MODELS.values() for row in rows)
