"""Every recipe that is shipped, as conf/ describes it."""

import pytest
import torch
from conftest import ROOT
from kedro.config import OmegaConfigLoader

from genlab.build import build, check
from genlab.engine import Stream, train
from genlab.seeding import mix, seed_everything
from pipelines.settings import CONFIG_LOADER_ARGS


def recipes(environment: str) -> dict:
    loader = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": environment})
    return {name: entry for name, entry in loader["parameters"].items() if isinstance(entry, dict) and "model" in entry}


SAMPLERS, PAIRED = (
    sorted(name for name, entry in recipes("test").items() if entry["model"]["class"] == model)
    for model in ("genlab.recipes.gan.GAN", "genlab.recipes.pix2pix.Pix2Pix")
)


class Noise:
    """A source of random images, or of pairs of them."""

    def __init__(self, *roles: str, channels: int = 1, size: int = 32):
        self.roles, self.shape = roles or ("image",), (4, channels, size, size)

    def batches(self, start):
        while True:
            generator = torch.Generator().manual_seed(mix(start))
            yield {role: torch.rand(self.shape, generator=generator) * 2 - 1 for role in self.roles}
            start += 1


@pytest.mark.parametrize("environment", ["base", "test", "full"])
def test_every_description_fits_its_constructors(environment):
    entries = recipes(environment)
    assert {"cyclegan", "gan", "r3gan"} <= set(entries)
    for name, entry in entries.items():
        check(entry, name)


@pytest.mark.parametrize("name", SAMPLERS + PAIRED)
def test_stop_and_resume_is_the_straight_run(name):
    model = recipes("test")[name]["model"]
    source = Noise("a", "b", channels=3, size=64) if name in PAIRED else Noise()

    def made():
        seed_everything(0)
        return build(model, "model")

    straight, stopped, resumed = made(), made(), made()
    expected = list(train(straight, Stream(source), 0, 20, 4, seed=5))
    stream = Stream(source)
    assert [turn for _, turn in zip(range(2), train(stopped, stream, 0, 20, 4, seed=5), strict=False)] == expected[:2]
    resumed.load_training_state(stopped.training_state())
    assert list(train(resumed, Stream(source, stream.position), 8, 20, 4, seed=5)) == expected[2:]
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_full_networks_fit_each_other(name):
    """Sizes that only a GPU trains can be built, and called, on the CPU."""
    recipe = build(recipes("full")[name]["model"], "model")
    with torch.no_grad():
        images = recipe.sample(torch.randn(2, recipe.latent_size))
        assert recipe.critic(images).shape == (2,)
    recipe.check({"image": images})


@pytest.mark.parametrize("name", PAIRED)
def test_the_full_translators_take_images_of_256_px(name):
    recipe = build(recipes("full")[name]["model"], "model")
    recipe.check({"a": torch.zeros(1, 3, 256, 256), "b": torch.zeros(1, 3, 256, 256)})
    assert recipe.generator.noise is not None  # dropout stays on, as in the paper
