"""Clipping of gradients: equality with a computation by hand, with torch, and no change below the limit."""

import math

import pytest
import torch
from stand_ins import ADAM, MODEL
from torch import nn
from two_networks import Numbers

from genlab.build import build
from genlab.engine.clipping import clipped
from genlab.engine.stream import Stream
from genlab.engine.updates import GradientUpdate
from genlab.errors import InputError

CLIPPED = "genlab.engine.clipping.clipped"


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=1.0)


def step(gradient, **limits):
    """One step of size 1 from 0 with a linear objective of this gradient, in two parameters -> (new values, terms)."""
    first, second = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(2))
    slope = torch.tensor(gradient)

    def objective(batch):
        return {"loss": (torch.cat([first, second]) * slope).sum()}

    update = GradientUpdate(objective, clipped([first, second], sgd, **limits) if limits else sgd([first, second]))
    stream = Stream(Numbers())
    stream.start_turn(0)
    terms = update(stream)
    return torch.cat([first, second]).detach(), {name: value.item() for name, value in terms.items()}


def test_a_step_has_the_length_of_the_limit_and_the_direction_of_the_gradient():
    values, terms = step([2.0, 3.0, 6.0], norm=3.5)  # |(2, 3, 6)| = 7: half the step, by hand
    torch.testing.assert_close(values, torch.tensor([-1.0, -1.5, -3.0]))
    assert terms["gradient_norm"] == pytest.approx(7) and terms["clipped"] == 1


def test_each_value_is_limited_and_the_norm_is_that_before():
    values, terms = step([2.0, -3.0, 6.0], value=2.5)
    assert values.tolist() == [-2.0, 2.5, -2.5]
    assert terms["gradient_norm"] == pytest.approx(7) and terms["clipped"] == 1


@pytest.mark.parametrize("limits", [{"norm": 7.5}, {"value": 6.5}])
def test_below_the_limit_nothing_changes(limits):
    values, terms = step([2.0, 3.0, 6.0], **limits)
    plain, logged = step([2.0, 3.0, 6.0])
    assert torch.equal(values, plain) and terms.pop("clipped") == 0 and terms == logged


def test_a_recipe_is_clipped_by_its_description_each_network_by_its_own_limit():
    limited = {"class": CLIPPED, "partial": True, "norm": 1e-3, "optimizer": {"class": "torch.optim.SGD", "partial": True, "lr": 1.0}}
    recipe = build(MODEL | {"generator_optimizer": limited, "critic_optimizer": ADAM})
    recipe.set_progress(0.0)
    before = nn.utils.parameters_to_vector(recipe.generator.parameters()).detach()
    stream = Stream(Pictures())
    stream.start_turn(0)
    assert "clipped" not in recipe.updates["critic"](stream)
    terms = recipe.updates["generator"](stream)
    moved = nn.utils.parameters_to_vector(recipe.generator.parameters()).detach() - before
    assert terms["clipped"] == 1 and moved.norm().item() == pytest.approx(1e-3, rel=1e-3)


class Pictures:
    """A source of batches of four images of noise."""

    epoch = 8

    def batches(self, start):
        while True:
            yield {"image": torch.rand(4, 1, 16, 16) * 2 - 1}


@pytest.mark.parametrize("limits", [{}, {"norm": 1.0, "value": 1.0}, {"norm": 0.0}, {"value": -1.0}, {"norm": math.inf}])
def test_wrong_limits_are_refused(limits):
    with pytest.raises(InputError, match=r"clipped: got .*, expected"):
        clipped([nn.Parameter(torch.zeros(1))], sgd, **limits)
