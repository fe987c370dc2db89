"""Tests of building objects from descriptions."""

import functools

import pytest
import torch

from genlab.build import ConfigurationError, build, check
from genlab.losses.adversarial import LEAST_SQUARES
from genlab.networks.patchgan import PatchGAN

CRITIC = {"class": "genlab.networks.patchgan.PatchGAN", "layers": 1, "width": 4}


def test_a_description_becomes_the_object():
    critic = build(CRITIC)
    assert isinstance(critic, PatchGAN)
    assert critic(torch.zeros(1, 3, 16, 16)).shape[:2] == (1, 1)


def test_partial_leaves_arguments_for_later():
    factory = build({"class": "torch.optim.Adam", "partial": True, "lr": 1e-3})
    assert isinstance(factory, functools.partial)
    assert factory([torch.nn.Parameter(torch.zeros(1))]).param_groups[0]["lr"] == 1e-3


def test_the_name_of_an_existing_object_gives_the_object():
    assert build({"class": "genlab.losses.adversarial.LEAST_SQUARES"}) is LEAST_SQUARES


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": 2}, r"critic\.layer: .*PatchGAN has no argument 'layer'\. Did you mean 'layers'\? It has: channels, width, layers"),
        ({"class": "os.system"}, r"critic: class: 'os\.system' must be under genlab\.\* or torch\.optim\.\*"),
        ({"class": "genlab.networks.patchgan.PatchGan"}, "has no 'PatchGan'. Did you mean 'PatchGAN'"),
        ({"class": "genlab.networks.patch.PatchGAN"}, r"there is no module genlab\.networks\.patch"),
        ({"layers": "two"}, r"critic\.layers: got 'two', expected int"),
        ({"width": "2e1"}, r"write 2\.0e-4"),
        ({"class": "genlab.build.build.__globals__"}, "there is no module|has no"),
        ({"class": "genlab.build.importlib"}, "not made there"),
    ],
)
def test_the_error_for_a_wrong_description_explains_what_to_change(change, message):
    for function in (build, check):
        with pytest.raises(ConfigurationError, match=message):
            function({"critic": CRITIC | change})


def test_missing_arguments_are_named():
    with pytest.raises(ConfigurationError, match="also needs critic, loss, generator_optimizer, critic_optimizer"):
        check({"class": "genlab.recipes.cyclegan.CycleGAN", "generator": CRITIC | {"partial": True}})
