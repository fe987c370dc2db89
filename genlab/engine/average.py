"""Exponential moving averages of networks, which are sampled and released instead of the trained networks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from genlab.engine import ranks
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms

Tensors = tuple[Tensor, ...] | list[Tensor]


class MovingAverage:
    """Update of moving averages: average <- network + beta (average - network), beta = 0.5 ** (batch size / half-life).

    The half-life is limited to a share of the images seen, so that the untrained start is soon forgotten. Buffers, such as batch
    norm's running statistics, are copied, not averaged; the difference vanishes if the learning rate decays to 0.
    """

    def __init__(
        self,
        averages: Sequence[AveragedModel],
        networks: Sequence[nn.Module],
        half_life: float,  # images
        ramp_up: float = 0.25,  # the half-life is at most this share of the images seen
    ):
        self.pairs = list(zip(averages, networks, strict=True))
        self.half_life, self.ramp_up = half_life, ramp_up

    def __call__(self, stream: Stream) -> Terms:
        batch_size = len(next(iter(stream.batch.values()))) * ranks.count()
        half_life = min(self.half_life, self.ramp_up * stream.seen)
        beta = 0.5 ** (batch_size / max(half_life, 1e-8))
        for average, network in self.pairs:
            average.multi_avg_fn = lerp(beta)
            average.update_parameters(network)
        return {}


def lerp(beta: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """Return a function for `AveragedModel.multi_avg_fn` that replaces averages by current + beta (average - current), in place."""

    def average(averaged: Tensors, current: Tensors, count: Tensor | int) -> None:
        torch._foreach_lerp_(averaged, current, 1 - beta)

    return average
