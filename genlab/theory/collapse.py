"""Mode collapse, counted: the same networks and budget under many objectives, on distributions whose modes are known."""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor

from genlab.build import suggestion
from genlab.densities.base import Density, Distribution, Modal, points_of
from genlab.densities.sets import prepared
from genlab.densities.stacked_digits import StackedDigits
from genlab.engine.capabilities import Samples
from genlab.engine.loop import NonFiniteLossError
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import mix
from genlab.errors import InputError
from genlab.metrics.modes import caught_modes, from_uniform, moment_errors
from genlab.theory.checks import check_positive
from genlab.theory.claim import Claim
from genlab.theory.collapse_methods import METHODS, Networks
from genlab.theory.collapse_report import SHOWN, TRUE, UNIFORM, Outcome, claim_of
from genlab.theory.training import trained

logger = logging.getLogger(__name__)

TRUE_SAMPLES = 100_000  # of the density, for its mean and covariance


class Task(NamedTuple):
    """One training, as it is sent to another process."""

    method: str
    seed: int
    density: Distribution
    sizes: Networks
    turns: int
    batch_size: int
    training_samples: int
    samples: int
    shown: int
    frames: int


class Collapse:
    """Trains every method under several seeds, and counts the modes that its samples cover.

    The results do not depend on the number of processes.

    Raises:
        InputError: a method is unknown, or a number is not positive.
    """

    def __init__(
        self,
        density: Distribution,
        published: Literal["ring", "grid", "digits"],  # which table of the literature stands next to the measured one
        methods: list[str] | None = None,  # names in collapse_methods.METHODS; None: all
        seeds: int = 5,
        turns: int = 1500,  # of every method; a turn may have several critic steps
        batch_size: int = 64,
        rate: float = 2.0e-3,  # learning rate of Adam
        latent_size: int = 16,
        hidden: list[int] | None = None,  # units per hidden layer of all networks; None: two layers of 64
        components: int = 8,  # of the mixture
        samples: int = 2500,  # generated for each count
        training_samples: int = 50_000,
        processes: int = 2,
        animated: list[str] | None = None,  # methods of the animation; None: none
        frames: int = 24,
    ):
        check_positive(
            {"seeds": seeds, "turns": turns, "batch_size": batch_size, "samples": samples, "processes": processes, "frames": frames}
        )
        for name in [*(methods or []), *(animated or [])]:
            if name not in METHODS:
                raise InputError(f"methods: got '{name}'.{suggestion(name, METHODS)} Expected some of: {'; '.join(METHODS)}.")
        self.density, self.published, self.methods, self.seeds = density, published, methods or list(METHODS), seeds
        self.sizes = Networks(density.dimensions, latent_size, hidden or [64, 64], components, rate)
        self.turns, self.batch_size, self.samples, self.training_samples = turns, batch_size, samples, training_samples
        self.processes, self.animated, self.frames = processes, animated or [], frames

    def measure(self, seed: int) -> Claim:
        """Measure the claim."""
        tasks = [
            Task(
                method,
                mix(seed, number) % 2**31,
                self.density,
                self.sizes,
                self.turns,
                self.batch_size,
                self.training_samples,
                self.samples,
                SHOWN if number == 0 else 0,
                self.frames if number == 0 and method in self.animated else 0,
            )
            for number in range(self.seeds)
            for method in self.methods
        ]
        outcomes: dict[str, list[Outcome]] = {TRUE: [self.true(mix(seed, number, 1)) for number in range(self.seeds)]}
        if isinstance(self.density, Modal):
            outcomes[UNIFORM] = [self.uniform(mix(seed, number, 2)) for number in range(self.seeds)]
        outcomes |= {method: [] for method in self.methods}
        for outcome in watched(performed(tasks, self.processes), len(tasks)):
            outcomes[outcome.method].append(outcome)
        settings = {
            "turns": self.turns,
            "batch size": self.batch_size,
            "hidden layers of all networks": self.sizes.hidden,
            "latent size": self.sizes.latent_size,
            "Adam": f"learning rate {self.sizes.rate:g}, betas 0.5 and 0.9, decaying to 0 over the second half",
            "training samples": self.training_samples,
            "samples counted": self.samples,
            "seeds": self.seeds,
        }
        return claim_of(outcomes, self.density, self.published, settings, self.animated)

    def true(self, seed: int) -> Outcome:
        """Count the modes of true samples, which no method can exceed but by chance."""
        points = self.density.sample(self.samples, torch.Generator().manual_seed(seed))
        return Outcome(TRUE, seed, scores_of(points, self.density), points)

    def uniform(self, seed: int) -> Outcome:
        """Count the modes of uniform samples of the square that holds the density: what a method catches that has learned no mode."""
        shares = torch.rand(self.samples, self.density.dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        points = self.density.extent * (2 * shares - 1)
        return Outcome(UNIFORM, seed, scores_of(points, self.density), points[:SHOWN])


def performed(tasks: Sequence[Task], processes: int) -> Iterator[Outcome]:
    """Perform trainings in several processes, or in this one; yield the outcomes in the order of the tasks."""
    if processes <= 1:
        yield from map(perform, tasks)
        return
    from joblib import Parallel, delayed  # scikit-learn's own

    yield from Parallel(n_jobs=processes, return_as="generator")(delayed(perform)(task) for task in tasks)


def watched(outcomes: Iterator[Outcome], count: int) -> Iterator[Outcome]:
    """Log how many trainings are done, and the time left."""
    started = logged = time.monotonic()
    for done, outcome in enumerate(outcomes, 1):
        if (now := time.monotonic()) - logged > 20 or done == count:
            logged = now
            left = (now - started) / done * (count - done)
            logger.info("%s of %s trainings, %d:%02d left", done, count, *divmod(round(left), 60))
        yield outcome


def perform(task: Task) -> Outcome:
    """Train a method on one thread, and count its modes. A training that diverges has no scores."""
    threads, level = torch.get_num_threads(), logging.getLogger("genlab").level
    torch.set_num_threads(1)  # the same digits in every process
    logging.getLogger("genlab.training").setLevel(logging.ERROR)  # its warnings of collapse are what is measured here
    frames: list[Tensor] = []

    def watch(turns: int, recipe: Recipe) -> None:
        if task.frames:
            frames.append(drawn(recipe, task.density, 400, 5))

    try:
        images = prepared(task.density, "samples", task.training_samples, task.seed)
        model = METHODS[task.method](task.sizes)
        every = max(1, task.turns // task.frames) if task.frames else 0
        recipe = trained(model, images, task.turns, task.batch_size, task.seed, watch, every).recipe.eval()
    except NonFiniteLossError as error:
        logger.warning("%s, seed %s: %s", task.method, task.seed, error)
        return Outcome(task.method, task.seed, {}, torch.empty(0, task.density.dimensions))
    finally:
        torch.set_num_threads(threads)
        logging.getLogger("genlab.training").setLevel(level)
    points = drawn(recipe, task.density, task.samples, 6)
    return Outcome(task.method, task.seed, scores_of(points, task.density), points[: task.shown], frames)


def drawn(recipe: Recipe, density: Distribution, count: int, seed: int) -> Tensor:
    """Samples of a recipe as points (count, D): the same latents whenever it is called."""
    sampler = cast(Samples, recipe)
    latents = torch.randn(count, sampler.latent_size, generator=torch.Generator().manual_seed(mix(seed)))
    return points_of(sampler.sample(latents), density.extent)


def scores_of(points: Tensor, density: Distribution) -> dict[str, float]:
    """Count modes and compare moments; of stacked digits, by the classifier."""
    if isinstance(density, StackedDigits):
        counts = torch.bincount(density.mode_of(points), minlength=density.classes)
        return {"modes": float((counts > 0).sum()), "divergence": from_uniform(counts)}
    known, modal = cast(Density, density), cast(Modal, density)
    found = caught_modes(points, modal.modes, modal.deviation)
    truth = density.sample(TRUE_SAMPLES, torch.Generator().manual_seed(mix(7)))
    moments = moment_errors(points, truth)
    return {
        "modes": float(found.caught),
        "high_quality": found.high_quality,
        "divergence": found.divergence,
        "log_likelihood": float(known.log_prob(points).mean()),
        "mean_error": moments.mean,
        "covariance_error": moments.covariance,
    }
