import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from genlab.engine.average import MovingAverage


class At:
    """A stream of batches of ten, at some turn."""

    def __init__(self, turn):
        self.first_batch, self.batch, self.seen = turn, {"x": torch.zeros(10, 1)}, 10 * (turn + 1)


def test_after_a_half_life_half_of_the_old_value_is_left():
    network = nn.Linear(1, 1)
    average = AveragedModel(network)
    update = MovingAverage([average], [network], half_life=100)
    nn.init.constant_(network.weight, 1.0)
    update(At(1000))  # the first takes the network as it is
    nn.init.constant_(network.weight, 0.0)
    for turn in range(1001, 1011):  # 10 turns of 10 images
        update(At(turn))
    torch.testing.assert_close(average.module.weight.item(), 0.5, rtol=1e-5, atol=1e-6)


def test_early_on_the_average_is_as_short_as_the_run():
    network = nn.Linear(1, 1)
    average = AveragedModel(network)
    update = MovingAverage([average], [network], half_life=1e9)
    nn.init.constant_(network.weight, 1.0)
    update(At(0))
    nn.init.constant_(network.weight, 0.0)
    update(At(3))  # 40 images seen: a half-life of 10, one turn
    torch.testing.assert_close(average.module.weight.item(), 0.5)
