"""Tests of genlab.compare."""

import pytest
from scored_runs import sampled, translated

import genlab
from genlab.errors import InputError


def test_a_table_has_one_row_per_model_the_best_first():
    table = genlab.compare({"gan": sampled(0.2), "wgan": sampled(0.1)})
    assert list(table.index) == ["wgan", "gan"]
    assert table.loc["wgan", "samples.kid_efflite0"] == 0.1 and table.loc["gan", "samples.kid_efflite0_spread"] == 0.004


def test_unlike_scores_are_refused_with_the_fields_named():
    with pytest.raises(InputError, match=r"gan and wgan were scored under different protocols: sampling_seed was 0 and is 1\. Evaluate"):
        genlab.compare({"gan": sampled(0.2), "wgan": sampled(0.1, sampling_seed=1)})
    with pytest.raises(InputError, match="different protocols"):
        genlab.compare({"gan": sampled(0.2), "cyclegan": translated(0.1)})
    with pytest.raises(InputError, match="got no results"):
        genlab.compare({})
