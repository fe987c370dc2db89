"""Compare the speed of genlab's engine with a training loop written by hand for the style family, as benchmarks/adversarial.py does.

    python benchmarks/style.py [recipe ...]

Growing networks are measured at their last level. Results are printed and written to data/08_reporting/benchmarks/style.json. A round
has 16 turns, so that each lazy step is as frequent as in training.
"""

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import torch
from torch.utils.data import DataLoader, TensorDataset

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import adversarial
from genlab.build import build
from genlab.losses.penalties import Scored, r1
from genlab.networks.style import mixed
from genlab.recipes.stylegan import StyleGAN
from genlab.reports.artifacts import Project
from pipelines import configuration

STYLEGAN = "genlab.recipes.stylegan.StyleGAN"
TURNS = 16
OUT = adversarial.OUT.with_name("style.json")


def by_hand(
    recipe: StyleGAN,
    images: torch.Tensor,
    labels: torch.Tensor,
    batch_size: int,
    description: dict[str, Any],
    memory_format: torch.memory_format,
) -> Iterator[None]:
    """Train a StyleGAN recipe without the engine, in an endless loop that yields after every turn."""
    generator, critic, loss, augment = recipe.generator, recipe.critic, recipe.loss, recipe.critic_augmentation
    generator_optimizer = build(description["generator_optimizer"])(generator.parameters())
    critic_optimizer = build(description["critic_optimizer"])(critic.parameters())
    average = copy.deepcopy(generator)
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True, drop_last=True)
    batches = (batch.to(memory_format=memory_format) for _ in iter(int, 1) for batch, _ in loader)

    def fakes(count: int) -> torch.Tensor:
        first, second = (generator.map(torch.randn(count, generator.latent_size)) for _ in range(2))
        generator.measure(first)
        return generator.synthesise(mixed(first, second, len(generator.sides), recipe.mixing), torch.randn(count, generator.noise_size))

    uncalled = cast(Callable[[], torch.Tensor], lambda: None)  # makes the real logits, which the loss does not use
    for turn, real in enumerate(batches):
        seen = real.detach().requires_grad_(recipe.r1_every == 1)
        critic_optimizer.zero_grad()
        real_logits, fake_logits = critic(augment(seen)), critic(augment(fakes(len(real)).detach()))
        total = loss.critic(real_logits, fake_logits).mean()
        if recipe.r1_every == 1:
            judged = Scored(seen, real_logits)
            total = total + r1(critic, judged, judged, recipe.r1_weight).mean()
        total.backward()
        critic_optimizer.step()
        if recipe.r1_every > 1 and turn % recipe.r1_every == 0:
            critic_optimizer.zero_grad()
            seen = real.detach().requires_grad_()
            judged = Scored(seen, critic(augment(seen)))
            (recipe.r1_every * r1(critic, judged, judged, recipe.r1_weight).mean()).backward()
            critic_optimizer.step()
        generator_optimizer.zero_grad()
        loss.generator(critic(augment(fakes(len(real)))), uncalled).mean().backward()
        generator_optimizer.step()
        if recipe.path_length is not None and turn % recipe.path_length_every == 0:
            generator_optimizer.zero_grad()
            count = int(len(real) * recipe.path_length.share)
            w = generator.map(torch.randn(count, generator.latent_size))
            made = generator.synthesise(w, torch.randn(count, generator.noise_size))
            (recipe.path_length_every * recipe.path_length(made, w).mean()).backward()
            generator_optimizer.step()
        with torch.no_grad():
            for averaged, weight in zip(average.parameters(), generator.parameters(), strict=True):
                averaged.lerp_(weight, 0.01)
        yield


def main(names: list[str]) -> None:
    """Measure the named recipes, or all of the style family."""
    adversarial.run(names or list(Project(adversarial.ROOT, configuration.recipes()).family("style")), OUT, hand_of, TURNS)


def hand_of(name: str) -> Callable[..., Iterator[None]]:
    """Return the loop for a recipe. Growing GANs such as ProGAN use the loop of all other GANs, because they are fully grown here."""
    return by_hand if adversarial.entry_of(name)["model"]["class"] == STYLEGAN else adversarial.by_hand


if __name__ == "__main__":
    main(sys.argv[1:])
