"""A small recipe of each family, and their training on several ranks that are processes of the test."""

import dataclasses
import os
import signal

import numpy as np
import torch
from stand_ins import Means, image_set
from torch import distributed as dist
from torch import multiprocessing

from genlab.build import build
from genlab.engine import ranks
from genlab.engine.seeding import seed_everything
from genlab.evaluation.devices import Devices
from genlab.evaluation.evaluate import evaluate
from genlab.evaluation.settings import Settings
from genlab.extractors.classifier_cache import Classifiers
from genlab.training.fit import fit
from genlab.training.group import join
from genlab.training.settings import Budget, Monitoring

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu", "compile": False}
# With Adam's eps of 1e-8, rounding errors of parameters without a gradient become whole steps.
ADAM = {"class": "torch.optim.Adam", "partial": True, "lr": 1.0e-3, "eps": 1.0e-3}
# Here even larger differences of rounding would grow from turn to turn, as those of another number of threads do.
SGD = {"class": "torch.optim.SGD", "partial": True, "lr": 1.0e-4}
PLAYERS = {"generator_optimizer": ADAM, "critic_optimizer": ADAM}
DCGAN = {"size": 16, "channels": 1, "width": 2, "norm": "batch"}
GAN = {
    "class": "genlab.recipes.gan.GAN",
    "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
    "average_half_life": 50.0,
    "generator": {"class": "genlab.networks.dcgan.Generator", "latent_size": 4, **DCGAN},
    "critic": {"class": "genlab.networks.dcgan.Critic", **DCGAN},
} | PLAYERS
BIGGAN = {"size": 16, "channels": 1, "classes": 2, "width": 2, "attention": None}
CONDITIONAL = GAN | {
    "loss": {"class": "genlab.losses.adversarial.HINGE"},
    "critic_steps": 2,
    "critic_augmentation": {"class": "genlab.adversarial.diffaugment.DiffAugment"},
    "generator": {"class": "genlab.networks.biggan.Generator", "latent_size": 6, "multiples": [2, 1, 1], "embedding_size": 3, **BIGGAN},
    "critic": {"class": "genlab.networks.biggan.Critic", "multiples": [1, 2], **BIGGAN},
    "generator_optimizer": SGD,
    "critic_optimizer": SGD,
}
STYLES = {
    "class": "genlab.recipes.stylegan.StyleGAN",
    "r1_every": 4,
    "r1_weight": 0.1,
    "path_length": {"class": "genlab.adversarial.path_length.PathLength"},
    "path_length_every": 2,
    "critic_augmentation": {"class": "genlab.adversarial.adaptive.AdaptiveAugment", "start": 0.3, "every": 2, "ramp": 200.0},
    "generator": {
        "class": "genlab.networks.style.Generator",
        "mapping": {"class": "genlab.networks.style.Mapping", "latent_size": 4, "style_size": 4, "depth": 2, "classes": 2},
        "synthesis": {"class": "genlab.networks.stylegan2.Synthesis", "size": 16, "channels": 1, "style_size": 4, "width": 2, "most": 4},
    },
    "critic": {
        "class": "genlab.networks.stylegan2.Critic",
        "size": 16,
        "channels": 1,
        "width": 2,
        "most": 4,
        "group_size": 4,
        "classes": 2,
    },
} | PLAYERS
UNET = {"class": "genlab.networks.unet.UNet", "size": 16, "channels_in": 1, "channels_out": 1, "width": 2}
CRITIC = {"class": "genlab.networks.patchgan.PatchGAN", "width": 2, "layers": 1, "norm": "batch"}
CYCLES = {
    "class": "genlab.recipes.cyclegan.CycleGAN",
    "pool_size": 12,
    "loss": {"class": "genlab.losses.adversarial.LEAST_SQUARES"},
    "critic_augmentation": {"class": "genlab.adversarial.diffaugment.DiffAugment", "policy": ["translation"]},
    "generator": UNET | {"partial": True, "norm": "instance", "dropout": 0.0},
    "critic": CRITIC | {"partial": True, "channels": 1, "norm": "instance"},
    "generator_optimizer": SGD,
    "critic_optimizer": SGD,
}
PAIRS = {
    "class": "genlab.recipes.pix2pix.Pix2Pix",
    "loss": {"class": "genlab.losses.adversarial.NON_SATURATING"},
    "sampling": {"class": "genlab.networks.inference.Inference"},
    "generator": UNET,
    "critic": CRITIC | {"channels": 2},
} | PLAYERS
CODER = {"size": 16, "channels": 1, "latent_size": 2, "hidden": [8]}
AUTOENCODER = {
    "class": "genlab.recipes.vae.VAE",
    "free_bits": 0.05,
    "likelihood": {"class": "genlab.variational.likelihoods.Bernoulli", "binarise": "sample"},
    "encoder": {"class": "genlab.networks.coders.FullyConnectedEncoder", **CODER},
    "decoder": {"class": "genlab.networks.coders.FullyConnectedDecoder", **CODER},
    "optimizer": ADAM,
}
MIXTURE = {
    "class": "genlab.recipes.mixture.Mixture",
    "size": 16,
    "components": 3,
    "dtype": "float64",
    "tolerance": -1.0,  # never converges
    "covariance": {"class": "genlab.mixtures.covariances.Diagonal", "partial": True, "regularisation": 1.0e-2},
    "start": {"class": "genlab.mixtures.starts.KMeans"},
}
RECIPES = {
    "gan": GAN,
    "conditional": CONDITIONAL,
    "style": STYLES,
    "cyclegan": CYCLES,
    "pix2pix": PAIRS,
    "vae": AUTOENCODER,
    "mixture": MIXTURE,
}
BATCH = 8


def images_for(model):
    """The images of the stand-in set, as the recipe needs them."""
    if model not in (CYCLES, PAIRS):
        return image_set()
    images, numbers = image_set(kind="unlabelled"), np.arange(60)
    manifest = images.manifest.assign(domain=np.where(numbers % 2, "a", "b"))
    if model == CYCLES:
        return dataclasses.replace(images, kind="unpaired", manifest=manifest)
    return dataclasses.replace(images, kind="paired", manifest=manifest.assign(pair=[f"{number // 2:02}" for number in numbers]))


def trained(name, turns, devices=1, accumulate=1):
    """State and history of a recipe after a number of turns."""
    model = RECIPES[name]
    settings = COMPUTE | {"devices": devices, "accumulate": accumulate}
    result = fit(model, images_for(model), Budget(turns * BATCH, BATCH), 3, None, settings, Monitoring(log_every=BATCH))
    return result.recipe.state_dict(), result.history.rows


def rank(number, devices, folder, names, turns, accumulate):
    """Train recipes as one of several ranks; rank 0 saves the results."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    store = dist.FileStore(str(folder / "store"), devices)
    join(store, number, devices, "cpu")
    for name in names:
        if number:
            ranks.from_first(None).follow()
        else:
            torch.save(trained(name, turns, devices, accumulate), folder / f"{name}.pt")
    dist.barrier()
    dist.destroy_process_group()


def on_ranks(devices, folder, turns, names=tuple(RECIPES), accumulate=1):
    """Train recipes on several ranks -> name -> (state, history)."""
    folder.mkdir()
    # Forked, since the import of torch in each process would take longer than these trainings.
    multiprocessing.start_processes(rank, (devices, folder, names, turns, accumulate), devices, start_method="fork")
    return {name: torch.load(folder / f"{name}.pt") for name in names}


def largest_difference(state, other):
    """The largest difference between two states, relative to 1 and to the largest value of a tensor."""
    pairs = [(value.double(), other[name].double()) for name, value in state.items() if value.numel() and is_compared(name)]
    return max(float((one - two).abs().max() / max(1.0, float(one.abs().max()))) for one, two in pairs)


def is_compared(name):
    """Whether a tensor is part of the result: `worst` holds images of the last pass, which have no more meaning after an M step."""
    return not name.endswith(".worst")


class Failing(Means):
    """An extractor that is killed, or fails, on the second rank."""

    def __init__(self, how):
        self.how = how

    def __call__(self, images):
        if ranks.number() == 1:
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("no such layer")
        return super().__call__(images)


def evaluated(name, folder, extractor, devices=1):
    """Result of the evaluation of a recipe and another one of the same kind."""
    model, images = RECIPES[name], images_for(RECIPES[name])
    seed_everything(3)
    recipes = [build(model, "model") for _ in range(2)]
    compute = build(COMPUTE | {"devices": devices})
    settings = Settings(bins=3, patched=16, classifier=128, taught=40, truncated=12, pairs=40, samples=75, untrained=50, compared=4)
    classifiers = Classifiers(folder / "classifiers", settings.classifier) if images.classes else None
    return evaluate(*recipes, images, extractor, classifiers, settings=settings, devices=Devices(compute, model))
