"""Tests of the first layers of critics: in the order of computation, without the last one."""

import copy

import pytest
import torch
from conftest import parameters

from genlab.build import build
from genlab.networks.first_layers import HasFirstLayers, in_sequence

ALL = parameters("test")
RECIPES = sorted(
    name for name, entry in ALL.items() if isinstance(entry, dict) and isinstance(entry.get("model"), dict) and "critic" in entry["model"]
)


def critics(name):
    model = copy.deepcopy(ALL[name]["model"])
    return build(model, "model").critics()


@pytest.mark.parametrize("name", RECIPES)
def test_every_critic_states_its_layers_in_the_order_of_computation(name):
    for role, critic in critics(name).items():
        assert isinstance(critic, HasFirstLayers), role
        layers, order = critic.first_layers(), []
        assert layers
        for number, layer in enumerate(layers):
            assert any(True for module in layer for _ in module.parameters())
            for inner in {inner for module in layer for inner in module.modules() if any(True for _ in inner.parameters(recurse=False))}:
                inner.register_forward_hook(lambda *_, number=number, order=order: order.append(number))
        parts = [id(parameter) for layer in layers for module in layer for parameter in module.parameters()]
        assert len(set(parts)) == len(parts), "a parameter belongs to two layers"
        assert len(parts) < len(list(critic.parameters())), "the last layer is not a first one"
        seen(name, critic)
        assert order == sorted(order) or "growth" in ALL[name]["model"], order


def seen(name, critic):
    """Call a critic with random images of its recipe, and labels if it needs them."""
    entry = ALL[name]
    images = ALL["images"][entry["images"]]
    channels = images.get("channels", 3) * (2 if name.startswith("pix2pix") else 1)
    batch = torch.randn(4, channels, images["size"], images["size"])
    classes = getattr(critic, "classes", 0)
    critic(batch, *([torch.zeros(4, dtype=torch.long)] if classes else []))


def test_a_norm_belongs_to_the_convolution_before_it():
    one, two, three = torch.nn.Conv2d(1, 2, 3), torch.nn.Conv2d(2, 2, 3), torch.nn.Conv2d(2, 1, 3)
    norm = torch.nn.BatchNorm2d(2)
    assert in_sequence([one, torch.nn.ReLU(), two, norm, torch.nn.ReLU(), three, torch.nn.Flatten()]) == [[one], [two, norm]]
