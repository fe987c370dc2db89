"""Tests of the order in which parameters are laid on top of each other, and of what a new class replaces."""

import click
import pytest

from genlab.build import ConfigurationError
from pipelines.cli import split_params
from pipelines.loader import Loader, overlaid
from pipelines.session import CONFIG_LOADER_ARGS

FACTORS = {"class": "genlab.mixtures.low_rank.LowRank", "partial": True, "rank": 10, "least": 1.0e-4}


def test_values_of_the_upper_layer_win_and_others_stay():
    assert overlaid({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 5}, "e": [1]}) == {"a": {"b": 5, "c": 2}, "d": 3, "e": [1]}
    assert overlaid({"a": {"b": 1}}, {"a": None}) == {"a": None} and overlaid({"a": None}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_another_class_drops_the_arguments_of_the_former_one_and_keeps_partial():
    full = {"class": "genlab.mixtures.covariances.Full", "regularisation": 1.0e-3}
    assert overlaid({"covariance": FACTORS}, {"covariance": full}) == {"covariance": full | {"partial": True}}


def test_the_same_class_keeps_its_arguments():
    assert overlaid(FACTORS, {"class": FACTORS["class"], "rank": 3}) == FACTORS | {"rank": 3}
    assert overlaid(FACTORS, {"rank": 3}) == FACTORS | {"rank": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gan.seed=1,gan.model.clip=1.0e-2", {"gan": {"seed": 1, "model": {"clip": 0.01}}}),
        ("gan.model.optimizer.betas=[0.5,0.999],gan.seed=2", {"gan": {"model": {"optimizer": {"betas": [0.5, 0.999]}}, "seed": 2}}),
        ("gmm.model.components=[5, 10]", {"gmm": {"model": {"components": [5, 10]}}}),
        (
            "images.city.source.test=[[0.8,0,1,1],[0,0,0.1,0.1]]",
            {"images": {"city": {"source": {"test": [[0.8, 0, 1, 1], [0, 0, 0.1, 0.1]]}}}},
        ),
        ("gan.augmentation={flip: 0.5, jitter: 0.1},gan.seed=3", {"gan": {"augmentation": {"flip": 0.5, "jitter": 0.1}, "seed": 3}}),
        ("gan.augmentation=null", {"gan": {"augmentation": None}}),
        ("", {}),
    ],
)
def test_parameters_of_the_command_line(text, expected):
    assert split_params(None, None, text) == expected


@pytest.mark.parametrize("text", ["gan.seed", "=5", "gan.seed=1,flip", "gan.betas=[0.5,0.9"])
def test_an_item_without_key_or_value_is_one_clear_error(text):
    with pytest.raises(click.UsageError, match=r"--params: got '.*', expected <recipe>\.<key>=<value>"):
        split_params(None, None, text)


@pytest.mark.parametrize(("text", "place"), [("images: {null: {size: 8}}", "images"), ("~: {size: 8}", "the top of a file")])
def test_an_empty_key_is_one_clear_error(tmp_path, text, place):
    (tmp_path / "base").mkdir()
    (tmp_path / "local").mkdir()
    (tmp_path / "base" / "parameters.yml").write_text(text)
    with pytest.raises(ConfigurationError, match=f"a key under {place} is empty, null or ~; expected a name"):
        Loader(str(tmp_path), **CONFIG_LOADER_ARGS)["parameters"]
