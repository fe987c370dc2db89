"""Building objects from their descriptions in YAML."""

import functools
from collections.abc import Callable, Mapping
from typing import Literal

import pytest
import torch

from genlab.build import ConfigurationError, build, check, check_type
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


def test_the_name_of_an_existing_object_gives_that_object():
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
def test_a_wrong_description_is_an_error_with_a_suggestion(change, message):
    for function in (build, check):
        with pytest.raises(ConfigurationError, match=message):
            function({"critic": CRITIC | change})


def test_missing_arguments_are_named():
    with pytest.raises(ConfigurationError, match="also needs critic, loss, generator_optimizer, critic_optimizer"):
        check({"class": "genlab.recipes.cyclegan.CycleGAN", "generator": CRITIC | {"partial": True}})


@pytest.mark.parametrize(
    ("hint", "right", "wrong", "expected"),
    [
        (float | torch.Tensor, [1, 0.5], ["hello", None, [1.0], {"a": 1}], "float"),
        (tuple[float, float], [[0.5, 0.9], (1, 2)], [0.5, "0.5", None, {"a": 1}], "a list"),
        (Mapping[str, int] | None, [{"a": 1}, None], [3, [1]], "a mapping or NoneType"),
        (Callable[[], int], [{"class": "genlab.x"}, print], [3, "print", [1]], r"a description {class: \.\.\.}"),
        (torch.nn.Module | None, [None, {"class": "genlab.x"}], [3, "x"], r"a description {class: \.\.\.} or NoneType"),
        (object, [1, "x", None, [1]], [], ""),
        (Literal["a", "b"], ["a"], ["c", ["a"], 1], r"Literal\['a', 'b'\]"),
    ],
)
def test_values_are_compared_with_type_hints(hint, right, wrong, expected):
    for value in right:
        check_type(value, hint, "gan.x")
    for value in wrong:
        with pytest.raises(ConfigurationError, match=rf"gan\.x: got .*, expected {expected}"):
            check_type(value, hint, "gan.x")
