"""Moving averages of networks: half-life and its limit early in a run."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from genlab.engine.average import MovingAverage


class StreamAt:
    """A stand-in for a stream of batches of ten images, at the given turn."""

    def __init__(self, turn):
        self.first_batch, self.batch, self.seen = turn, {"x": torch.zeros(10, 1)}, 10 * (turn + 1)


def test_half_of_the_old_value_remains_after_a_half_life():
    network = nn.Linear(1, 1)
    average = AveragedModel(network)
    update = MovingAverage([average], [network], half_life=100)
    nn.init.constant_(network.weight, 1.0)
    update(StreamAt(1000))  # the first update copies the network
    nn.init.constant_(network.weight, 0.0)
    for turn in range(1001, 1011):  # 10 turns of 10 images
        update(StreamAt(turn))
    torch.testing.assert_close(average.module.weight.item(), 0.5, rtol=1e-5, atol=1e-6)


def test_the_half_life_is_limited_to_a_quarter_of_the_images_seen():
    network = nn.Linear(1, 1)
    average = AveragedModel(network)
    update = MovingAverage([average], [network], half_life=1e9)
    nn.init.constant_(network.weight, 1.0)
    update(StreamAt(0))
    nn.init.constant_(network.weight, 0.0)
    update(StreamAt(3))  # 40 images seen: the half-life is 10 images, one turn
    torch.testing.assert_close(average.module.weight.item(), 0.5)
