"""Names of version 0.1 in descriptions and releases."""

import pytest

from genlab.build import ConfigurationError, build, find
from genlab.moved import MODULES, OBJECTS
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


@pytest.mark.parametrize("name", OLD)
def test_an_old_name_is_found_with_a_warning_that_gives_the_new_one(name):
    with pytest.warns(FutureWarning, match=rf"model: class: {name} has moved to genlab\.\S+\. .*change it"):
        found = find(name, "model")
    assert found.__module__ == OLD[name]


def test_every_moved_module_is_tried():
    assert all(any(name.startswith(f"{old}.") for name in OLD) for old in MODULES)
    assert set(OBJECTS.values()) == {f"{Inference.__module__}.{Inference.__name__}"}


def test_an_old_description_builds_the_same_object_and_has_the_code_of_the_new_name():
    old = {"class": "genlab.networks.sampling.Sampling", "dropout": False, "statistics": "running"}
    with pytest.warns(FutureWarning):
        assert build(old) == Inference(dropout=False, statistics="running")
    assert list(classes_in(old)) == ["genlab.networks.inference.Inference"]


def test_a_name_that_has_never_been_is_still_refused():
    with pytest.raises(ConfigurationError, match=r"has no 'Canney'.* Did you mean 'Canny'"), pytest.warns(FutureWarning):
        find("genlab.images.edges.Canney", "source")
