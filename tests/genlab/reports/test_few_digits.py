"""Tests of scores with few digits."""

import math

import pytest

from genlab.evaluation.scores import GroupName, Headline
from genlab.reports.few_digits import few, shown, stated, title


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("kid", "kid x 1000"),
        ("kid_efflite0_mean", "kid_efflite0_mean x 1000"),
        ("kid_in_domain", "kid_in_domain x 1000"),
        (GroupName.KID_WITHIN_CLASSES, "kid_within_classes x 1000"),
        ("fid_efflite0", "fid_efflite0"),
        ("kidney", "kidney"),
        ("bits_per_dimension", "bits_per_dimension"),
    ],
)
def test_titles_of_kid_state_their_factor(name, heading):
    assert title(name) == heading


@pytest.mark.parametrize(
    ("name", "value", "spread", "text"),
    [
        ("kid", 0.04034, 0.0021, "40.3 ± 2.1"),
        ("kid_efflite0", 0.123456, 0.01, "123 ± 10"),
        ("kid", 0.04034, 0.000996, "40.3 ± 1.0"),
        ("kid", -0.0000004, 0.001, "0.0 ± 1.0"),
        ("kid", 1.5, 0.25, "1,500 ± 250"),
        ("kid_in_domain", 0.0563, None, "56.3"),
        ("fid", 1234.5, None, "1,234"),
        ("l1", 0.31, None, "0.31"),
        ("kid", 0.04, 0.0, "40 ± 0"),
        ("kid", math.nan, 0.1, "nan ± 100"),
        ("kid", math.nan, None, "nan"),
        ("fid", None, None, "-"),
    ],
)
def test_scores_have_as_many_digits_as_their_spread_allows(name, value, spread, text):
    assert shown(name, value, spread) == text


def test_the_kid_of_a_class_is_named_after_the_class():
    assert shown("Bag", 0.004, group=GroupName.KID_WITHIN_CLASSES) == "4" and shown("Bag", 0.004, group=GroupName.CLASSES) == "0.004"


@pytest.mark.parametrize("value", [0.9996, 99.96, 9.996, 0.1, 123456.0, 0.00123, 3.2e-7, -2.5, 5e20])
def test_three_significant_digits_lose_no_more_than_half_a_unit(value):
    assert float(few(value).replace(",", "")) == pytest.approx(value, rel=5.01e-3) and len(few(value).strip("-0.").replace(",", "")) >= 1


def test_a_headline_states_its_name_direction_and_spread():
    assert stated(Headline("kid_efflite0", 0.0563, True, 0.005)) == "kid_efflite0 x 1000 = 56.3 ± 5.0 (lower is better)"
    assert stated(Headline("accuracy", 0.875, False)) == "accuracy = 0.875 (higher is better)"
