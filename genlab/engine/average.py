"""Exponential moving averages of networks, which are sampled and released instead of the trained networks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from genlab.engine import ranks
from genlab.engine.remembered import Remembered
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms


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
        self.counts = [Remembered() for _ in self.pairs]  # turns that each average has seen

    @torch.no_grad()
    def __call__(self, stream: Stream) -> Terms:
        batch_size = len(next(iter(stream.batch.values()))) * ranks.count()
        half_life = min(self.half_life, self.ramp_up * stream.seen)
        beta = 0.5 ** (batch_size / max(half_life, 1e-8))
        for (average, network), count in zip(self.pairs, self.counts, strict=True):
            # As AveragedModel.update_parameters, which reads its number of turns from the device, and waits for it, in every turn.
            seen = count.read(average.n_averaged)
            averaged: list[Tensor] = [*average.module.parameters()]
            current: list[Tensor] = [*network.parameters()]
            if seen:
                torch._foreach_lerp_(averaged, current, 1 - beta)
            else:
                torch._foreach_copy_(averaged, current)
            for copied, buffer in zip(average.module.buffers(), network.buffers(), strict=True):
                copied.copy_(buffer)
            count.set(average.n_averaged, seen + 1)
        return {}
