"""Perceptual path length scores, with a stand-in for the generator."""

import pytest
import torch

from genlab.evaluation import styles
from genlab.evaluation.scores import GroupName
from genlab.evaluation.styles import path_length_protocol, path_length_scores


@pytest.fixture
def asked(monkeypatch):
    """Calls of `steps_along`, replaced by a stub that returns the space's name; the path length is 1 in W and 2 in Z."""
    calls = []

    def steps_along(generator, space, count, seed, labels):
        calls.append((space, count, None if labels is None else labels.tolist()))
        return space

    lengths = {"w": 1.0, "z": 2.0}
    monkeypatch.setattr(styles, "steps_along", steps_along)
    monkeypatch.setattr(styles, "perceptual_path_length", lambda pairs, step, extractor: {"ppl": lengths[pairs], "ppl_spread": 0.5})
    return calls


@pytest.mark.parametrize(("classes", "labels"), [(0, None), (2, [0, 1, 0, 1, 0])])
def test_each_space_has_a_row_and_w_is_the_own_row(classes, labels, asked):
    generator = torch.nn.Module()
    generator.classes = classes
    group = path_length_scores(generator, None, 5)
    assert asked == [("w", 5, labels), ("z", 5, labels)]
    assert group.name == GroupName.PATH_LENGTH and group.to_json() == {
        "W": {"ppl": 1.0, "ppl_spread": 0.5},
        "Z": {"ppl": 2.0, "ppl_spread": 0.5},
    }
    assert group.own.name == "W"


def test_the_protocol_counts_the_pairs(asked):
    assert path_length_protocol(5).startswith("5 pairs a space") and "step 0.0001" in path_length_protocol(5)
