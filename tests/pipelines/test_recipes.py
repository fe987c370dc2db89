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


SAMPLERS = sorted(name for name, entry in recipes("test").items() if entry["model"]["class"] == "genlab.recipes.gan.GAN")


class Noise:
    """A source of random grey images of 32 px."""

    def batches(self, start):
        while True:
            yield {"image": torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(mix(start))) * 2 - 1}
            start += 1


@pytest.mark.parametrize("environment", ["base", "test", "full"])
def test_every_description_fits_its_constructors(environment):
    entries = recipes(environment)
    assert {"cyclegan", "gan", "r3gan"} <= set(entries)
    for name, entry in entries.items():
        check(entry, name)


@pytest.mark.parametrize("name", SAMPLERS)
def test_stop_and_resume_is_the_straight_run(name):
    model = recipes("test")[name]["model"]

    def made():
        seed_everything(0)
        return build(model, "model")

    straight, stopped, resumed = made(), made(), made()
    expected = list(train(straight, Stream(Noise()), 0, 20, 4, seed=5))
    stream = Stream(Noise())
    assert [turn for _, turn in zip(range(2), train(stopped, stream, 0, 20, 4, seed=5), strict=False)] == expected[:2]
    resumed.load_training_state(stopped.training_state())
    assert list(train(resumed, Stream(Noise(), stream.position), 8, 20, 4, seed=5)) == expected[2:]
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
