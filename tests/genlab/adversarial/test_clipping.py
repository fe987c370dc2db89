"""Test of weight clipping."""

import torch

from genlab.adversarial.clipping import clamp


def test_weights_are_clipped_in_place_and_others_keep_their_value():
    weights = [torch.tensor([-3.0, 0.005, 0.02]), torch.tensor([[0.01]])]
    clamp(weights, 0.01)
    assert torch.equal(weights[0], torch.tensor([-0.01, 0.005, 0.01])) and torch.equal(weights[1], torch.tensor([[0.01]]))
