"""Gradient accumulation: the same numbers as the large batch, in less memory."""

import dataclasses

import numpy as np
import pytest
import torch
from stand_ins import MODEL, image_set

from genlab.errors import InputError
from genlab.training.fit import fit
from genlab.training.settings import Budget, Monitoring

SGD = {"class": "torch.optim.SGD", "partial": True, "lr": 1.0e-3}  # Adam turns rounding errors of tiny gradients into whole steps
RMS = "genlab.losses.adversarial"
STYLES = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "r1_every": 2,
    "r1_weight": 0.1,
    "path_length": {"class": "genlab.adversarial.path_length.PathLength"},
    "path_length_every": 1,
    "critic_augmentation": {"class": "genlab.adversarial.adaptive.AdaptiveAugment", "start": 0.5, "every": 1, "ramp": 100.0},
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 4, "style_size": 4, "depth": 2},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 16, "channels": 1, "style_size": 4, "width": 2, "most": 4},
    },
    "critic": {"class": "genlab.networks.stylegan2.Critic", "size": 16, "channels": 1, "width": 2, "most": 4, "group_size": 1},
    "generator_optimizer": SGD | {"lr": 1.0e-5},
    "critic_optimizer": SGD | {"lr": 1.0e-5},
}
GRADIENT_PENALTY = MODEL | {
    "loss": {"class": f"{RMS}.WASSERSTEIN"},
    "critic_steps": 2,
    "critic_augmentation": {"class": "genlab.adversarial.diffaugment.DiffAugment"},
    "penalties": {"gradient": {"class": "genlab.losses.penalties.one_centred", "partial": True}},
    "generator": MODEL["generator"] | {"norm": "layer"},
    "critic": MODEL["critic"] | {"spectral": True},
    "generator_optimizer": SGD,
    "critic_optimizer": SGD,
}
CYCLES = {
    "class": "genlab.recipes.cyclegan.CycleGAN",
    "pool_size": 6,
    "loss": {"class": f"{RMS}.LEAST_SQUARES"},
    "critic_augmentation": {"class": "genlab.adversarial.diffaugment.DiffAugment", "policy": ["translation"]},
    "identity_weight": 0.0,
    "generator": {
        "class": "genlab.networks.unet.UNet",
        "partial": True,
        "size": 16,
        "channels_in": 1,
        "channels_out": 1,
        "width": 2,
        "norm": "instance",
    },
    "critic": {"class": "genlab.networks.patchgan.PatchGAN", "partial": True, "channels": 1, "width": 2, "layers": 1},
    "generator_optimizer": SGD,
    "critic_optimizer": SGD,
}
AUTOENCODER = {
    "class": "genlab.recipes.vae.VAE",
    "free_bits": 0.05,
    "likelihood": {"class": "genlab.variational.likelihoods.Bernoulli"},
    "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", "size": 16, "channels": 1, "latent_size": 2, "hidden": [8]},
    "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", "size": 16, "channels": 1, "latent_size": 2, "hidden": [8]},
    "optimizer": SGD,
}
RECIPES = {"styles": STYLES, "cycles": CYCLES, "gradient penalty": GRADIENT_PENALTY, "autoencoder": AUTOENCODER}


def unpaired():
    """The images of the stand-in set as two domains."""
    images = image_set(kind="unlabelled")
    manifest = images.manifest.assign(domain=np.where(np.arange(60) % 2, "a", "b"))
    return dataclasses.replace(images, kind="unpaired", manifest=manifest)


def train(model, images=None, accumulate=1, turns=4, **compute):
    settings = {"class": "genlab.engine.compute.Compute", "device": "cpu", "accumulate": accumulate} | compute
    return fit(
        model, images or (unpaired() if model is CYCLES else image_set()), Budget(8 * turns, 8), 0, None, settings, Monitoring(log_every=8)
    )


def largest_difference(one, other):
    """Of weights and buffers. The pools' images are outputs of networks, which round to 1e-6 with any change of the batch size."""
    pairs = zip(one.recipe.state_dict().items(), other.recipe.state_dict().values(), strict=True)
    compared = [(value.double(), same.double()) for (name, value), same in pairs if not name.endswith(".images")]
    return max(float((value - same).abs().max() / (1 + value.abs().max())) for value, same in compared)


@pytest.mark.parametrize("accumulate", [2, 4])
@pytest.mark.parametrize("name", RECIPES)
def test_accumulated_gradients_are_those_of_the_large_batch(name, accumulate):
    whole, parts = train(RECIPES[name]), train(RECIPES[name], accumulate=accumulate)
    assert largest_difference(whole, parts) < 1e-6
    norms = [[row[key] for row in each.history.rows for key in row if key.endswith("gradient_norm")] for each in (whole, parts)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-5) and len(norms[0]) >= 4


def test_batch_norm_and_other_relations_between_images_are_refused():
    with pytest.raises(InputError, match=r"accumulate: got 2, expected 1: generator\.layers\.1.* mix the images of a batch"):
        train(MODEL, accumulate=2)
    with pytest.raises(InputError, match=r"critic\.end\.deviation"):
        train(STYLES | {"critic": STYLES["critic"] | {"group_size": 4}}, accumulate=2)
    unrolled = MODEL | {"unrolled_steps": 2, "generator": MODEL["generator"] | {"norm": "none"}}
    with pytest.raises(InputError, match="expected 1 and 1 with unrolled_steps"):
        train(unrolled, accumulate=2)


def test_numbers_that_do_not_fit_are_named():
    with pytest.raises(InputError, match=r"batch_size: got 8 .* compute.accumulate: 3; expected a multiple of 3"):
        train(GRADIENT_PENALTY, accumulate=3)
    with pytest.raises(InputError, match=r"accumulate: got 0, expected a whole number from 1 on"):
        train(GRADIENT_PENALTY, accumulate=0)
    with pytest.raises(InputError, match=r"compile: got true .* accumulate: 2"):
        train(GRADIENT_PENALTY, accumulate=2, compile=True)


def test_fewer_activations_are_alive_at_a_time():
    alive, most = 0, {}

    def measured(accumulate):
        def pack(value):
            nonlocal alive
            alive += value.numel()
            most[accumulate] = max(most.get(accumulate, 0), alive)
            return Kept(value)

        class Kept:
            def __init__(self, value):
                self.value = value

            def __del__(self):
                nonlocal alive
                alive -= self.value.numel()

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.value):
            train(GRADIENT_PENALTY, accumulate=accumulate, turns=1)

    measured(1), measured(4)
    assert most[4] < 0.5 * most[1]
