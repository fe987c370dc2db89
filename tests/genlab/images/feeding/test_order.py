"""Evenly spaced indices."""

import numpy as np

from genlab.images.feeding.order import evenly_spaced


def test_indices_are_spread_from_the_first_to_the_last():
    assert evenly_spaced(np.arange(100), 4).tolist() == [0, 33, 66, 99]
    assert evenly_spaced(np.arange(3), 8).tolist() == [0, 1, 2]
