"""Compare the speed of genlab's engine with a training loop written by hand: same recipe, same networks, timed alternately in one process.

    python benchmarks/adversarial.py [recipe ...]

Without arguments, it measures the families adversarial, conditional and original; other recipes of conf/base are measured by name. Results
of recipes that are not named are kept.

It prints images per second of both and their ratio, and writes them to data/08_reporting/benchmarks/adversarial.json. Each is the median
over rounds that time some turns of one and then of the other. The loop is written as in tutorials: a DataLoader, `loss.backward()`,
`optimizer.step()`, a Python loop for the moving average; no logging, no checks, no augmentation.
"""

import copy
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
import yaml
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.adversarial.unrolling import unrolled  # noqa: E402
from genlab.build import build  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.engine.loop import train  # noqa: E402
from genlab.engine.recipe import Recipe  # noqa: E402
from genlab.engine.seeding import seed_everything  # noqa: E402
from genlab.engine.stream import Stream  # noqa: E402
from genlab.images.feeding.source import ImageSource, batch_of  # noqa: E402
from genlab.images.prepared_set import PreparedSet  # noqa: E402
from genlab.losses.orthogonality import orthogonality  # noqa: E402
from genlab.losses.penalties import Scored  # noqa: E402
from genlab.networks.contracts import Sampler  # noqa: E402
from genlab.recipes.gan import GAN  # noqa: E402
from genlab.reports.artifacts import Project  # noqa: E402
from pipelines import configuration  # noqa: E402

ROUNDS, TURNS, WARM_UP = 15, 8, 4
LATE = 9 * 10**8  # images seen before the benchmark begins, 90 % of the budget
FAMILIES = ("adversarial", "conditional", "original")  # measured by default
OUT = ROOT / "data/08_reporting/benchmarks/adversarial.json"


def by_hand(
    recipe: GAN,
    images: torch.Tensor,
    labels: torch.Tensor,  # used by conditional networks
    batch_size: int,
    description: dict[str, Any],
    memory_format: torch.memory_format,
) -> Iterator[None]:
    """Train a GAN recipe without the engine, in an endless loop that yields after every turn."""
    generator, critic, loss = recipe.generator, recipe.critic, recipe.loss
    latent_size = cast(Sampler, generator).latent_size
    generator_optimizer = build(description["generator_optimizer"])(generator.parameters())
    critic_optimizer = build(description["critic_optimizer"])(critic.parameters())
    average = copy.deepcopy(generator) if recipe.average is not None else None
    loader = DataLoader(TensorDataset(images, labels), batch_size, shuffle=True, drop_last=True)
    batches = ((batch.to(memory_format=memory_format), label) for _ in iter(int, 1) for batch, label in loader)
    penalties, clip, steps = recipe.penalties.values(), description.get("clip"), description.get("critic_steps", 1)
    for real, label in batches:
        for step in range(steps):
            real, label = (real, label) if step == 0 else next(batches)
            given = (label,) if recipe.classes else ()
            critic_optimizer.zero_grad()
            fake = generator(torch.randn(len(real), latent_size), *given).detach()
            if penalties:
                real.requires_grad_()
                fake.requires_grad_()
            outputs = recipe.critic_output(real, *given), recipe.critic_output(fake, *given)
            total = loss.critic(outputs[0].logits, outputs[1].logits).mean()
            for penalty in penalties:
                total = total + penalty(recipe.logits, Scored(real, outputs[0].logits), Scored(fake, outputs[1].logits)).mean()
            if outputs[0].class_logits is not None:
                total = total + recipe.class_weight * sum(cross_entropy(cast(Tensor, output.class_logits), label) for output in outputs)
            total.backward()
            critic_optimizer.step()
            if clip:
                for weight in critic.parameters():
                    weight.data.clamp_(-clip, clip)
        generator_optimizer.zero_grad()
        fake = generator(torch.randn(len(real), latent_size), *given)
        if recipe.unrolled_steps:

            def objective(judge: Callable[[Tensor], Tensor], real: Tensor = real, fake: Tensor = fake) -> Tensor:
                return loss.critic(judge(real), judge(fake)).mean()

            judge = unrolled(critic, objective, recipe.unrolled_steps, recipe.unrolled_rate)
            total = loss.generator(judge(fake), partial(judge, real)).mean()
        else:
            output = recipe.critic_output(fake, *given)
            total = loss.generator(output.logits, partial(recipe.logits, real, *given)).mean()
            if output.class_logits is not None:
                total = total + recipe.class_weight * cross_entropy(output.class_logits, label)
        if recipe.orthogonal_weight:
            total = total + recipe.orthogonal_weight * orthogonality(generator)
        total.backward()
        generator_optimizer.step()
        if average is not None:
            with torch.no_grad():
                for averaged, weight in zip(average.parameters(), generator.parameters(), strict=True):
                    averaged.lerp_(weight, 0.01)
        yield


def by_engine(recipe: Recipe, images: PreparedSet, batch_size: int, memory_format: torch.memory_format) -> Iterator[None]:
    """Train a recipe with genlab's engine, yielding after every turn. Training starts late in the budget, when networks are fully grown."""
    source = ImageSource(images, batch_size, seed=0, channels_last=memory_format == torch.channels_last)
    for _turn in train(recipe, Stream(source), LATE // batch_size * batch_size, 10 * LATE // 9, batch_size, seed=0):
        yield


def seconds(turns: Iterator[None], count: int) -> float:
    """Measure the seconds that `count` turns take."""
    begun = time.perf_counter()
    for _ in range(count):
        next(turns)
    return time.perf_counter() - begun


def entry_of(name: str) -> dict[str, Any]:
    """Read the parameters of a recipe from conf/base.

    Raises:
        SystemExit: conf/base has no such recipe.
    """
    file = Path(f"conf/base/parameters/recipes/{name}.yml")
    entries: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / file).read_text()) if (ROOT / file).exists() else {}
    if name not in entries:
        sys.exit(f"error: no recipe '{name}': expected it in {file}. `kedro registry list` names the recipes.")
    return entries[name]


def compare(name: str, by_hand: Callable[..., Iterator[None]], turns: int) -> dict[str, float]:
    """Measure images per second of the engine and of the loop by hand, and the ratio of the engine's speed to the loop's."""
    entry = entry_of(name)
    images, batch_size = PreparedSet.load(ROOT / "data/05_model_input" / entry["images"]), entry["budget"]["batch_size"]
    memory_format = torch.channels_last if entry["compute"].get("channels_last") is True else torch.contiguous_format
    recipes = []
    for _ in range(2):
        seed_everything(0)
        recipes.append(build(entry["model"]).to(memory_format=memory_format))
        recipes[-1].set_progress(0.9)
    train_on = batch_of(images, images.indices("train"))
    labels = train_on.get("label", torch.zeros(len(train_on["image"])))
    engine = by_engine(recipes[0], images, batch_size, memory_format)
    hand = by_hand(recipes[1], train_on["image"], labels, batch_size, entry["model"], memory_format)
    seconds(engine, WARM_UP), seconds(hand, WARM_UP)
    rounds = [(seconds(engine, turns), seconds(hand, turns)) for _ in range(ROUNDS)]
    return {
        "images_per_second": batch_size * turns / statistics.median(mine for mine, _ in rounds),
        "by_hand": batch_size * turns / statistics.median(other for _, other in rounds),
        "ratio": statistics.median(other / mine for mine, other in rounds),
    }


def run(names: Iterable[str], out: Path, hand_of: Callable[[str], Callable[..., Iterator[None]]], turns: int) -> None:
    """Compare recipes, each with its loop by hand, in rounds of this many turns; print the results and add them to the file.

    Results are written after each recipe, so that none are lost if a later recipe fails or the benchmark is stopped.
    """
    results = json.loads(out.read_text()) if out.exists() else {}
    print(f"{'':>14} {'engine':>10} {'by hand':>10} {'ratio':>7}   (images per second, {torch.get_num_threads()} threads)")
    for name in names:
        results[name] = compare(name, hand_of(name), turns)
        print("{:>14} {images_per_second:>10.0f} {by_hand:>10.0f} {ratio:>7.2f}".format(name, **results[name]), flush=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json_text(results, indent=2) + "\n")


def main(names: list[str]) -> None:
    """Measure the named recipes, or all of the families adversarial, conditional and original."""
    project = Project(ROOT, configuration.recipes())
    run(names or [name for family in FAMILIES for name in project.family(family)], OUT, lambda name: by_hand, TURNS)


if __name__ == "__main__":
    main(sys.argv[1:])
