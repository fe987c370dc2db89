"""Gradient updates: which networks they change and which batches they use."""

import itertools

import torch
from two_networks import Numbers, make_recipe

from genlab.engine.loop import train
from genlab.engine.stream import Stream


def test_an_update_changes_only_its_own_network():
    recipe = make_recipe()
    second = recipe.second.weight.clone()
    stream = Stream(Numbers())
    stream.start_turn(0)
    recipe.updates["first"](stream)
    assert torch.equal(recipe.second.weight, second)
    assert recipe.second.weight.grad is None


def test_repeats_use_the_batch_of_the_turn_first_and_new_ones_after():
    recipe = make_recipe()
    stream = Stream(Numbers())
    list(train(recipe, stream, 0, 16, batch_size=4, seed=0))
    # Turns 0 and 2 take three batches, turns 1 and 3 one: 0 1 2 | 3 | 4 5 6 | 7. The second network uses those of turns 0 and 2.
    expected = [batch["x"].mean().item() for batch in itertools.islice(Numbers().batches(0), 8)]
    assert recipe.seen == [expected[i] for i in (0, 1, 2, 4, 5, 6)]
    assert recipe.clipped == 6
    assert stream.position == 8
