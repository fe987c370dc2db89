"""Tests of every recipe in conf/."""

import functools
import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import parameters
from safetensors.torch import load_file, save_file
from torch.utils._python_dispatch import TorchDispatchMode

from genlab.build import build, check
from genlab.engine.capabilities import Infers, Translates
from genlab.engine.loop import train
from genlab.engine.seeding import mix, seed_everything
from genlab.engine.stream import Stream
from genlab.export.release import release_files
from genlab.images.prepared_set import PreparedSet
from genlab.networks.latents import normal


def recipes(environment: str) -> dict:
    return {name: entry for name, entry in parameters(environment).items() if isinstance(entry, dict) and "model" in entry}


SAMPLERS, STYLED, PAIRED, VARIATIONAL, MIXTURES = (
    sorted(name for name, entry in recipes("test").items() if entry["model"]["class"] == f"genlab.recipes.{model}")
    for model in ("gan.GAN", "stylegan.StyleGAN", "pix2pix.Pix2Pix", "vae.VAE", "mixture.Mixture")
)
CONDITIONAL = {name for name, entry in recipes("test").items() if entry.get("family") == "conditional"}


HEALTH = {"critic/real", "critic/fake", "critic/accuracy", "critic/gradient_norm", "generator/gradient_norm", "health/diversity"}


class Noise:
    """Source of random images or pairs of images, with labels."""

    epoch = 10  # images, not a multiple of the batch size of 4
    size_of_batch = 4

    def __init__(self, *roles: str, channels: int = 1, size: int = 32):
        self.roles, self.shape = roles or ("image",), (channels, size, size)

    def batches(self, start):
        while True:
            places = [place % self.epoch for place in range(self.size_of_batch * start, self.size_of_batch * (start + 1))]
            images = [torch.rand(self.shape, generator=torch.Generator().manual_seed(mix(place))) * 2 - 1 for place in places]
            yield {role: torch.stack(images) for role in self.roles} | {"label": torch.tensor(places)}
            start += 1


def source_for(name: str) -> Noise:
    """Random images like those of the recipe's image set: of its kind, channels and size."""
    images = parameters("test")["images"][recipes("test")[name]["images"]]
    roles = ("a", "b") if images["kind"] in ("paired", "unpaired") else ("image",)
    return Noise(*roles, channels=images.get("channels", 3), size=images["size"])


@pytest.mark.parametrize("environment", ["base", "test", "full", "whole"])
def test_every_description_fits_its_constructors(environment):
    entries = recipes(environment)
    assert {"cyclegan", "gan", "r3gan", "vae", "gmm", "cgan", "acgan", "projection_gan", "biggan"} <= set(entries)
    for name, entry in entries.items():
        check(entry, name)


@pytest.mark.parametrize("name", sorted(recipes("test")))
def test_resumed_run_equals_straight_run(name):
    model = recipes("test")[name]["model"]
    source = source_for(name)

    def made():
        seed_everything(0)
        return build(model, "model")

    straight, stopped, resumed = made(), made(), made()
    expected = list(train(straight, Stream(source), 0, 20, 4, seed=5))
    stream = Stream(source)
    assert [turn for _, turn in zip(range(2), train(stopped, stream, 0, 20, 4, seed=5), strict=False)] == expected[:2]
    resumed.load_training_state(stopped.training_state())
    assert list(train(resumed, Stream(source, stream.position), expected[1].images, 20, 4, seed=5)) == expected[2:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    if name in SAMPLERS:  # the estimates that only some losses have
        terms = set().union(*(turn.terms for turn in expected))
        loss = model["loss"]["class"].rpartition(".")[2]
        assert ("critic/jsd" in terms) == (loss in ("NON_SATURATING", "MINIMAX") and "critic/classification" not in terms)
        assert ("critic/classification" in terms) == ("generator/classification" in terms) == ("Auxiliary" in model["critic"]["class"])
        assert ("generator/orthogonality" in terms) == (model.get("orthogonal_weight", 0) > 0)
        assert ("critic/wasserstein" in terms) == (loss == "WASSERSTEIN")
        assert terms >= HEALTH


@pytest.mark.parametrize("name", sorted(recipes("test")))
def test_batches_of_one_image_train(name):
    """Statistics over the batch, such as a diversity or a standard deviation, are defined for one image or left out."""
    source, recipe = source_for(name), made(name)
    source.size_of_batch = 1
    turns = list(train(recipe, Stream(source), 0, 12, 1, seed=5))
    assert turns[-1].images >= 12 and all(value.isfinite().all() for value in recipe.state_dict().values())


class RefuseFloat64(TorchDispatchMode):
    """Fails at any operation that creates a float64 tensor."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        results = function(*args, **(kwargs or {}))
        for result in results if isinstance(results, tuple | list) else [results]:
            assert not (isinstance(result, torch.Tensor) and result.dtype == torch.float64), f"{function} creates a float64 tensor"
        return results


@pytest.mark.parametrize("name", sorted({*recipes("test")} - {*MIXTURES}))
def test_nothing_that_runs_on_the_recipes_device_is_float64(name):
    """Apple's GPU has no float64. Mixtures, whose sums are float64, stay on the CPU."""
    recipe, batches = made(name), [batch for _, batch in zip(range(4), source_for(name).batches(0), strict=False)]
    assert all(value.dtype != torch.float64 for value in recipe.state_dict().values())
    source = source_for(name)
    source.batches = lambda start: itertools.cycle(batches)
    with RefuseFloat64():
        list(train(recipe, Stream(source), 0, 8, 4, seed=5))
        if isinstance(recipe, Translates):
            recipe.sample(batches[0][recipe.directions[0][0]], recipe.directions[0])
        else:
            recipe.sample(torch.randn(4, recipe.latent_size), torch.arange(4) % recipe.classes if recipe.classes else None)


def made(name: str, seed: int = 0):
    seed_everything(seed)
    return build(recipes("test")[name]["model"], "model")


@functools.cache
def trained(name: str):
    """The recipe after three turns of training."""
    recipe = made(name)
    list(train(recipe, Stream(source_for(name)), 0, 12, 4, seed=5))
    return recipe


ALL = sorted(recipes("test"))


@pytest.mark.parametrize("name", ALL)
def test_state_round_trips_through_a_file(name, tmp_path):
    recipe, other = trained(name), made(name, seed=1)
    save_file({key: value.contiguous() for key, value in recipe.state_dict().items()}, tmp_path / "state.safetensors")
    other.load_state_dict(load_file(tmp_path / "state.safetensors"))
    assert all(torch.equal(value, other.state_dict()[key]) for key, value in recipe.state_dict().items())
    assert made_of(other, name).equal(made_of(recipe, name))


@pytest.mark.parametrize("name", ALL)
def test_samples_depend_only_on_their_latents(name):
    """Samples are the same for the same latents or images, whatever else is drawn or in the batch, and differ for others."""
    recipe = trained(name)
    first = made_of(recipe, name)
    torch.rand(7)
    assert made_of(recipe, name).equal(first)
    assert torch.allclose(made_of(recipe, name, count=2), first[:2], atol=1e-4 * first.abs().max().item())
    assert not first[0].equal(first[1])
    assert first.isfinite().all() and first.shape[1:] == next(source_for(name).batches(0))[domain_of(recipe)].shape[1:]


@pytest.mark.parametrize("name", ALL)
def test_the_release_agrees_with_the_recipe(name):
    model, images = recipes("test")[name]["model"], small_set(source_for(name).shape, isinstance(trained(name), Translates))
    # Generators of two filters divide by norms near 0, and some outputs are unbounded: the tolerance is relative to their range.
    largest = made_of(trained(name), name).abs().max().item()
    artefacts, parity = release_files(trained(name), model, images, tolerance=1e-3 * max(1.0, largest))
    facts = json.loads(artefacts["release.json"])
    networks = {*trained(name).generators(), *(trained(name).inference() if isinstance(trained(name), Infers) else ())}
    assert facts["model"] == model and set(parity["onnx_difference"]) == networks
    assert {f"{network}.onnx" for network in networks} < set(artefacts)


def domain_of(recipe) -> str:
    """Role of the images in a batch that have the shape of the recipe's samples."""
    return recipe.directions[0][-1] if isinstance(recipe, Translates) else "image"


def made_of(recipe, name: str, count: int = 4) -> torch.Tensor:
    """Samples for fixed latents and labels, or translations of fixed images."""
    if isinstance(recipe, Translates):
        return recipe.sample(next(source_for(name).batches(0))[recipe.directions[0][0]][:count], recipe.directions[0])
    labels = torch.arange(count) % recipe.classes if recipe.classes else None
    return recipe.sample(normal(4, recipe.latent_size, seed=3)[:count], labels)


def small_set(shape: tuple[int, int, int], paired: bool) -> PreparedSet:
    channels, height, width = shape
    pixels = np.random.default_rng(0).integers(0, 256, (12, height, width, channels), np.uint8)
    names = [str(number) for number in range(10)]
    manifest = pd.DataFrame({"path": [f"{i}.png" for i in range(12)], "domain": "", "pair": "", "label": "0", "split": "train"})
    return PreparedSet("noise", "paired" if paired else "labelled", pixels, manifest, () if paired else tuple(names), "0" * 64, (0, 0, 0))


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_full_networks_fit_each_other(name):
    """Networks of sizes that only a GPU can train can be built and called."""
    # torch's device `meta` computes only shapes; conditional recipes need the CPU, because they read the values of labels.
    with torch.device("cpu" if name in CONDITIONAL else "meta"), torch.no_grad():
        recipe = build(recipes("full")[name]["model"], "model")
        assert (recipe.classes > 0) == (name in CONDITIONAL)
        labels = torch.arange(2) % recipe.classes if recipe.classes else None
        images = recipe.sample(torch.randn(2, recipe.latent_size), labels)
        assert recipe.logits(images, *recipe.labels_of({"label": labels})).shape == (2,)
        recipe.check({"image": images} if labels is None else {"image": images, "label": labels})


@pytest.mark.parametrize("name", STYLED)
def test_the_full_styled_networks_fit_each_other(name):
    with torch.device("meta"), torch.no_grad():
        recipe = build(recipes("full")[name]["model"], "model")
        images = recipe.sample(torch.randn(2, recipe.latent_size))
        assert images.shape == (2, 3, 256, 256) and recipe.critic(images).shape == (2,)
        recipe.check({"image": images})


@pytest.mark.parametrize("name", PAIRED)
def test_the_full_translators_accept_images_of_256_px(name):
    with torch.device("meta"):
        recipe = build(recipes("full")[name]["model"], "model")
        recipe.check({"a": torch.zeros(1, 3, 256, 256), "b": torch.zeros(1, 3, 256, 256)})
    assert recipe.generator.noise is not None  # dropout stays on, as in the paper


@pytest.mark.parametrize("name", VARIATIONAL + MIXTURES)
def test_the_full_latent_variable_models_accept_and_generate_their_images(name):
    recipe, size = build(recipes("full")[name]["model"], "model"), source_for(name).shape[-1]
    recipe.check({"image": torch.zeros(2, 1, size, size), "label": torch.arange(2)})
    latents, labels = torch.zeros(2, recipe.latent_size), torch.arange(2) if recipe.classes else None
    assert recipe.sample(latents, labels).shape == (2, 1, size, size)
