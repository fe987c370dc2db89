"""Recipes of the test environment, their weights as sources of other trainings, and small trainings that start from them."""

import copy
import signal

import torch
from conftest import parameters
from stand_ins import COMPUTE, MODEL, image_set

from genlab.build import build
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.initial import Started
from genlab.training.settings import Budget, Monitoring
from genlab.training.source import of_checkpoint

BUDGET, OFTEN = Budget(images=40, batch_size=4), Monitoring(log_every=4, pictures_every=16, checkpoint_every=8)


class Listener:
    """Keep the records of started trainings, and stop a training after `stop_after` images."""

    def __init__(self, stop_after=None):
        self.started, self.stop_after = [], stop_after

    def __call__(self, event):
        if isinstance(event, Started):
            self.started.append(event)
        if isinstance(event, Logged) and event.images == self.stop_after:
            signal.raise_signal(signal.SIGTERM)


def source_of(recipe, name="source"):
    """The source of a recipe's checkpoint, whose weights no longer change with the recipe."""
    weights = {key: value.clone() for key, value in recipe.state_dict().items()}
    return of_checkpoint(weights, "0" * 64, f"{type(recipe).__module__}.{type(recipe).__name__}", name)


def built(model, seed):
    torch.manual_seed(seed)
    return build(copy.deepcopy(model), "model")


def of_conf(name):
    return parameters("test")[name]["model"]


def changed(model, **arguments):
    """The description with new values for every argument of these names."""
    if isinstance(model, dict):
        return {key: arguments[key] if key in arguments else changed(value, **arguments) for key, value in model.items()}
    return [changed(each, **arguments) for each in model] if isinstance(model, list) else model


def train(model=MODEL, initial=None, states=None, listener=None, budget=BUDGET):
    return fit(model, image_set(), budget, 0, None, COMPUTE, OFTEN, states, [listener] if listener else [], initial=initial)
