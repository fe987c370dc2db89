"""Counters in a recipe's state that are read from the device only when something else has changed them."""

import copy

import pytest
import torch
from torch import nn

from genlab.engine.remembered import Remembered


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.tensor(0))
        self.known = Remembered()


def test_a_value_that_it_has_set_is_known_without_reading_the_tensor():
    count = torch.zeros((), dtype=torch.int64, device="meta")  # a tensor that cannot be read
    known = Remembered()
    with pytest.raises(RuntimeError):
        known.read(count)
    known.set(count, 5)
    assert known.read(count) == 5
    known.set(count, 6)
    assert known.read(count) == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda counter: counter.load_state_dict({"count": torch.tensor(7)}),
        lambda counter: setattr(counter, "count", torch.tensor(7)),
        lambda counter: counter.count.add_(5),
        lambda counter: counter.count.copy_(torch.tensor(7)),
    ],
)
def test_changes_by_others_are_seen(change):
    counter = Counter()
    counter.known.set(counter.count, 2)
    change(counter)
    assert counter.known.read(counter.count) == 7
    counter.known.set(counter.count, counter.known.read(counter.count) + 1)
    assert counter.known.read(counter.count) == 8 == int(counter.count)


def test_a_copy_counts_on_its_own():
    counter = Counter()
    counter.known.set(counter.count, 2)
    other = copy.deepcopy(counter)
    other.known.set(other.count, 9)
    assert (counter.known.read(counter.count), other.known.read(other.count)) == (2, 9) == (int(counter.count), int(other.count))
