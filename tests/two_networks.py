"""A recipe of two tiny networks and a source of batches, for tests of the engine."""

import itertools

import torch
from torch import nn

from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.engine.updates import GradientUpdate


class Numbers:
    """Source of batches: batch i is four draws from N(i, 1)."""

    def batches(self, start):
        for number in itertools.count(start):
            yield {"x": torch.randn(4, 1, generator=torch.Generator().manual_seed(number)) + number}


class Two(Recipe):
    """Two linear networks with least-squares objectives; the second is updated every other turn, in three steps."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(1, 1), nn.Linear(1, 1)
        self.clipped = 0
        self.seen = []
        self.updates = {
            "first": GradientUpdate(self.first_objective, torch.optim.Adam(self.first.parameters(), lr=0.1)),
            "second": GradientUpdate(
                self.second_objective, torch.optim.SGD(self.second.parameters(), lr=0.01), repeats=3, every=2, constraint=self.clip
            ),
        }

    def set_progress(self, progress):
        self.updates["first"].scale_learning_rate(1 - progress)

    def clip(self):
        self.clipped += 1

    def first_objective(self, batch):
        noise = torch.randn(4, 1)
        return {"loss": (self.first(batch["x"]) + self.second(batch["x"]) - noise).square().mean()}

    def second_objective(self, batch):
        self.seen.append(batch["x"].mean().item())
        return {"loss": self.second(batch["x"]).square().mean() / 100}


def made():
    seed_everything(0)
    return Two()
