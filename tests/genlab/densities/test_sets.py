"""Prepared sets of samples of a density."""

import numpy as np
import pytest
import torch

from genlab.densities.gaussians import ring
from genlab.densities.segment import Segment
from genlab.densities.sets import prepared
from genlab.errors import InputError
from genlab.images.feeding.source import ImageSource
from genlab.images.prepared_set import PreparedSet
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

ADAM = {"class": "torch.optim.Adam", "partial": True, "lr": 1e-3}
MODEL = {
    "class": "genlab.recipes.gan.GAN",
    "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
    "generator": {"class": "genlab.networks.points.Generator", "hidden": [8]},
    "critic": {
        "class": "genlab.networks.points.Critic",
        "hidden": [8],
        "minibatch": {"class": "genlab.networks.layers.minibatch.MinibatchDiscrimination", "partial": True, "kernels": 2},
    },
    "generator_optimizer": ADAM,
    "critic_optimizer": ADAM,
}


def test_batches_are_the_samples_of_the_density():
    samples = prepared(ring(), "ring", 100, seed=3)
    batch = next(ImageSource(samples, 100, 0).batches(0))["image"]
    assert batch.shape == (100, 2, 1, 1) and batch.dtype == torch.float32
    found, drawn = (np.sort(each.reshape(-1, 2), axis=0) for each in (batch.numpy(), samples.images))
    np.testing.assert_array_equal(found, drawn)  # one pass has every sample once


def test_a_set_is_a_function_of_the_seed_and_of_the_density():
    hashes = [prepared(*arguments).content_hash for arguments in ((ring(), "a", 9, 0), (ring(), "b", 9, 0), (ring(), "a", 9, 1))]
    assert hashes[0] == hashes[1] != hashes[2]
    assert prepared(Segment(0.0), "line", 9).content_hash != prepared(Segment(0.5), "line", 9).content_hash


def test_a_saved_set_is_loaded_again(tmp_path):
    samples = prepared(ring(), "ring", 10)
    samples.save(tmp_path)
    np.testing.assert_array_equal(PreparedSet.load(tmp_path).images, samples.images)


def test_a_stopped_training_on_a_density_continues_bit_for_bit(tmp_path):
    samples, monitoring = prepared(ring(), "ring", 100), Monitoring(8, 10**6, 16)

    def interrupt(event):
        if type(event).__name__ == "Logged" and event.images == 40:
            raise Interrupted(2, 40, 64)

    straight = fit(MODEL, samples, Budget(64, 8), 5, monitoring=monitoring)
    states = States(tmp_path)
    with pytest.raises(Interrupted):
        fit(MODEL, samples, Budget(64, 8), 5, monitoring=monitoring, states=states, callbacks=[interrupt])
    resumed = fit(MODEL, samples, Budget(64, 8), 5, monitoring=monitoring, states=states)
    for name, value in straight.recipe.state_dict().items():
        assert torch.equal(value, resumed.recipe.state_dict()[name]), name
    assert straight.history.rows == resumed.history.rows


def test_a_segment_lies_at_its_offset():
    points = Segment(0.25).sample(1000, torch.Generator().manual_seed(0))
    assert (points[:, 0] == 0.25).all() and points[:, 1].min() >= 0 and points[:, 1].max() <= 1
    assert points[:, 1].mean().item() == pytest.approx(0.5, abs=0.04)  # four standard errors


def test_no_samples_are_refused():
    with pytest.raises(InputError, match="count: got 0"):
        prepared(ring(), "ring", 0)
