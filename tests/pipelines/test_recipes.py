"""Every recipe that is shipped, as conf/ describes it."""

import functools

import pytest
import torch
from conftest import ROOT
from kedro.config import OmegaConfigLoader

from genlab.build import build, check
from genlab.engine import Stream, train
from genlab.seeding import mix, seed_everything
from pipelines.settings import CONFIG_LOADER_ARGS


@functools.cache
def recipes(environment: str) -> dict:
    loader = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": environment})
    return {name: entry for name, entry in loader["parameters"].items() if isinstance(entry, dict) and "model" in entry}


SAMPLERS, STYLED, PAIRED, VARIATIONAL, MIXTURES = (
    sorted(name for name, entry in recipes("test").items() if entry["model"]["class"] == f"genlab.recipes.{model}")
    for model in ("gan.GAN", "stylegan.StyleGAN", "pix2pix.Pix2Pix", "vae.VAE", "mixture.Mixture")
)
CONDITIONAL = {"cgan", "acgan", "projection_gan", "biggan"}


HEALTH = {"critic/real", "critic/fake", "critic/accuracy", "critic/gradient_norm", "generator/gradient_norm", "health/diversity"}


class Noise:
    """A source of random images, with labels, or of pairs of them."""

    epoch = 10  # images, which batches of 4 don't divide

    def __init__(self, *roles: str, channels: int = 1, size: int = 32):
        self.roles, self.shape = roles or ("image",), (channels, size, size)

    def batches(self, start):
        while True:
            places = [place % self.epoch for place in range(4 * start, 4 * start + 4)]
            images = [torch.rand(self.shape, generator=torch.Generator().manual_seed(mix(place))) * 2 - 1 for place in places]
            yield {role: torch.stack(images) for role in self.roles} | {"label": torch.tensor(places)}
            start += 1


def source_for(name: str) -> Noise:
    """Images of the size that a recipe is made for."""
    if name in PAIRED:
        return Noise("a", "b", channels=3, size=64)
    if name == "stylegan2_ada":
        return Noise(channels=3)
    return Noise(size=recipes("test")[name]["model"].get("size") or recipes("test")[name]["model"].get("encoder", {}).get("size", 32))


@pytest.mark.parametrize("environment", ["base", "test", "full", "whole"])
def test_every_description_fits_its_constructors(environment):
    entries = recipes(environment)
    assert {"cyclegan", "gan", "r3gan", "vae", "gmm"} | CONDITIONAL <= set(entries)
    for name, entry in entries.items():
        check(entry, name)


@pytest.mark.parametrize("name", SAMPLERS + STYLED + PAIRED + VARIATIONAL + MIXTURES)
def test_stop_and_resume_is_the_straight_run(name):
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
        assert ("critic/jsd" in terms) == (name in ("gan", "unrolled_gan", "minibatch_gan", "cgan"))
        assert ("critic/classification" in terms) == ("generator/classification" in terms) == (name == "acgan")
        assert ("generator/orthogonality" in terms) == (name == "biggan")
        assert ("critic/wasserstein" in terms) == (name in ("wgan", "wgan_gp", "progan"))
        assert terms >= HEALTH


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_full_networks_fit_each_other(name):
    """Sizes that only a GPU trains can be built, and called."""
    # As shapes without numbers, on torch's device `meta`, but for those whose labels are looked at.
    with torch.device("cpu" if name in CONDITIONAL else "meta"), torch.no_grad():
        recipe = build(recipes("full")[name]["model"], "model")
        assert (recipe.classes == 10) == (name in CONDITIONAL)
        labels = torch.arange(2) % 10 if recipe.classes else None
        images = recipe.sample(torch.randn(2, recipe.latent_size), labels)
        assert recipe.judge(images, *recipe.told({"label": labels})).shape == (2,)
        recipe.check({"image": images} if labels is None else {"image": images, "label": labels})


@pytest.mark.parametrize("name", STYLED)
def test_the_full_styled_networks_fit_each_other(name):
    with torch.device("meta"), torch.no_grad():
        recipe = build(recipes("full")[name]["model"], "model")
        images = recipe.sample(torch.randn(2, recipe.latent_size))
        assert images.shape == (2, 3, 256, 256) and recipe.critic(images).shape == (2,)
        recipe.check({"image": images})


@pytest.mark.parametrize("name", PAIRED)
def test_the_full_translators_take_images_of_256_px(name):
    with torch.device("meta"):
        recipe = build(recipes("full")[name]["model"], "model")
        recipe.check({"a": torch.zeros(1, 3, 256, 256), "b": torch.zeros(1, 3, 256, 256)})
    assert recipe.generator.noise is not None  # dropout stays on, as in the paper


@pytest.mark.parametrize("name", VARIATIONAL + MIXTURES)
def test_the_full_latent_variable_models_take_and_make_their_images(name):
    recipe, size = build(recipes("full")[name]["model"], "model"), source_for(name).shape[-1]
    recipe.check({"image": torch.zeros(2, 1, size, size), "label": torch.arange(2)})
    latents, labels = torch.zeros(2, recipe.latent_size), torch.arange(2) if recipe.classes else None
    assert recipe.sample(latents, labels).shape == (2, 1, size, size)
