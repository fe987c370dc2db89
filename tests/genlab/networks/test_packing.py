"""Packing of the critic's input."""

import pytest
import torch

from genlab.build import build
from genlab.errors import InputError
from genlab.losses.penalties import Scored, r1
from genlab.networks.packing import Packed
from genlab.networks.points import Critic


def test_logits_are_those_of_the_concatenated_images():
    critic = Critic(6, hidden=(8,))
    images = torch.randn(6, 2, 1, 1)
    logits = Packed(critic, 3)(images)
    expected = torch.cat([critic(torch.cat([*images[start : start + 3]])[None]) for start in (0, 3)])
    assert logits.shape == (2,) and torch.allclose(logits, expected)


def test_penalties_see_every_image_of_a_pack():
    images = torch.randn(4, 2, 1, 1, requires_grad=True)
    scored = Scored(images, Packed(Critic(4, hidden=(8,)), 2)(images))
    assert (r1(None, scored, scored) > 0).all()


def test_a_packing_of_one_changes_nothing():
    critic, images = Critic(2, hidden=(8,)), torch.randn(5, 2, 1, 1)
    assert torch.equal(Packed(critic, 1)(images), critic(images))


def test_a_batch_that_does_not_fit_is_one_error_before_training():
    adam = {"class": "torch.optim.Adam", "partial": True}
    model = {
        "class": "genlab.recipes.gan.GAN",
        "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
        "generator": {"class": "genlab.networks.points.Generator", "hidden": [4]},
        "critic": {
            "class": "genlab.networks.packing.Packed",
            "packing": 4,
            "critic": {"class": "genlab.networks.points.Critic", "dimensions": 8, "hidden": [4]},
        },
        "generator_optimizer": adam,
        "critic_optimizer": adam,
    }
    recipe = build(model)
    recipe.check({"image": torch.randn(8, 2, 1, 1)})
    with pytest.raises(InputError, match="a batch of 6 images cannot be split into packs of 4: change the batch size"):
        recipe.check({"image": torch.randn(6, 2, 1, 1)})


@pytest.mark.parametrize(("packing", "classes", "message"), [(0, 0, "packing: got 0"), (2, 10, "packing: got a critic with 10 classes")])
def test_wrong_arguments_are_refused(packing, classes, message):
    critic = Critic(4, hidden=(4,))
    critic.classes = classes
    with pytest.raises(InputError, match=message):
        Packed(critic, packing)
