"""Test of labels as class weights."""

import torch

from genlab.networks.labels import class_weights


def test_labels_become_weights_of_one_or_several_classes():
    assert class_weights(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    between = torch.tensor([[0.5, 0.5, 0.0]])
    assert class_weights(between, 3) is between
