"""Tests of names of version 0.1 in descriptions and releases."""

import re

import pytest

from genlab.build import ConfigurationError, build, find
from genlab.moved import MODULES, OBJECTS, current_arguments, warn_if_moved, warn_if_renamed
from genlab.networks.inference import Inference
from genlab.training.code import classes_in

OLD = {
    "genlab.adaptive.AdaptiveAugment": "genlab.adversarial.adaptive",
    "genlab.compute.Compute": "genlab.engine.compute",
    "genlab.diffaugment.DiffAugment": "genlab.adversarial.diffaugment",
    "genlab.growth.Growth": "genlab.adversarial.growth",
    "genlab.images.augment.Augmentation": "genlab.images.feeding.augment",
    "genlab.images.digits.Digits": "genlab.images.sources.digits",
    "genlab.images.edges.Canny": "genlab.images.sources.edges",
    "genlab.images.layouts.TwoFolders": "genlab.images.sources.domains",
    "genlab.images.layouts.idx.Idx": "genlab.images.sources.idx",
    "genlab.images.masks.Otsu": "genlab.images.sources.masks",
    "genlab.images.satellite.Earth": "genlab.images.sources.satellite",
    "genlab.networks.minibatch.MinibatchDiscrimination": "genlab.networks.layers.minibatch",
    "genlab.networks.residual.Generator": "genlab.networks.r3gan",
    "genlab.networks.sampling.Sampling": "genlab.networks.inference",
    "genlab.styles.path_length.PathLength": "genlab.adversarial.path_length",
}


@pytest.fixture(autouse=True)
def unwarned():
    warn_if_moved.cache_clear()
    warn_if_renamed.cache_clear()


@pytest.mark.parametrize("name", OLD)
def test_an_old_name_is_found_with_one_warning_that_gives_the_new_one(name, caplog):
    found = [find(name, "model") for _ in range(2)]
    assert found[0] is found[1] and found[0].__module__ == OLD[name]
    (message,) = caplog.messages
    assert re.search(rf"model: class: {re.escape(name)} has moved to genlab\.\S+\. .*change it", message)


def test_a_current_name_gives_no_warning(caplog):
    find("genlab.networks.inference.Inference", "model")
    assert not caplog.messages


def test_every_moved_module_is_tested():
    assert all(any(name.startswith(f"{old}.") for name in OLD) for old in MODULES)
    assert set(OBJECTS.values()) == {f"{Inference.__module__}.{Inference.__name__}"}


def test_an_old_description_builds_the_same_object_and_has_the_code_of_the_new_name(caplog):
    old = {"class": "genlab.networks.sampling.Sampling", "dropout": False, "statistics": "running"}
    assert build(old) == Inference(dropout=False, statistics="running")
    assert len(caplog.messages) == 1
    assert list(classes_in(old)) == ["genlab.networks.inference.Inference"]


def test_an_old_argument_is_passed_under_its_new_name_with_one_warning(caplog):
    old = {"class": "genlab.recipes.gan.GAN", "standing_batches": 32, "clip": None}
    assert [current_arguments(old, "biggan.model") for _ in range(2)] == [{"clip": None, "batch_norm_batches": 32}] * 2
    assert [message.split(".")[1] for message in caplog.messages] == ["model: standing_batches is now called batch_norm_batches"]


def test_an_old_argument_next_to_its_new_name_is_refused():
    with pytest.raises(ConfigurationError, match="has no argument 'standing_batches'"):
        build({"class": "genlab.recipes.gan.GAN", "standing_batches": 32, "batch_norm_batches": 16}, "biggan.model")


def test_a_name_that_never_existed_is_refused(caplog):
    with pytest.raises(ConfigurationError, match=r"has no 'Canney'.* Did you mean 'Canny'"):
        find("genlab.images.edges.Canney", "source")
    assert len(caplog.messages) == 1
