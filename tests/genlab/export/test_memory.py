"""Memory that networks need, against sums by hand."""

import torch
from torch import nn

from genlab.export.memory import WORKING, LiveBytes, memory_of

SQUARE = torch.zeros(1, 16, 8, 8)
ONE = SQUARE.nelement() * 4  # bytes


def test_results_count_while_they_are_alive():
    with LiveBytes() as counted:
        first = SQUARE + 1
        second = first + 1
        del first
        second = second.relu()  # the sum is alive until this is computed
        second.relu_()
        second.view(16, 64)
    assert counted.largest == 2 * ONE


def test_channels_count_in_blocks_of_16():
    with LiveBytes() as counted:
        (torch.zeros(1, 3, 8, 8), torch.zeros(8, 8))
    assert counted.largest == ONE + 8 * 8 * 4


def test_the_memory_of_a_network_is_that_of_its_largest_two_neighbouring_layers():
    network = nn.Sequential(nn.Conv2d(16, 32, 1, stride=2), nn.Conv2d(32, 64, 1), nn.Conv2d(64, 16, 1))  # ONE / 2, ONE, ONE / 4
    assert memory_of(network, SQUARE) == WORKING * 1.5 * ONE


def test_the_memory_does_not_depend_on_the_values_and_leaves_no_trace():
    network = nn.Sequential(nn.Conv2d(16, 16, 3), nn.InstanceNorm2d(16), nn.ReLU())
    state = torch.get_rng_state()
    assert memory_of(network, SQUARE) == memory_of(network, torch.rand_like(SQUARE).detach())
    torch.set_rng_state(state)
    assert all(parameter.grad is None for parameter in network.parameters())
