"""CycleGAN: translation between two domains without pairs. Zhu et al. 2017 (arXiv:1703.10593)."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim.swa_utils import AveragedModel

from genlab.adversarial.adaptive import check_fixed
from genlab.adversarial.handover import Handover
from genlab.adversarial.image_pool import ImagePool
from genlab.engine.average import MovingAverage
from genlab.engine.recipe import Recipe
from genlab.engine.schedules import linear_decay
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Terms, parameters_of
from genlab.errors import InputError
from genlab.losses.adversarial import AdversarialLoss
from genlab.networks.contracts import Translator, require
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.separate import separately
from genlab.translation.padding import check_sides


class CycleGAN(Recipe):
    """Unpaired translation with two generators a -> b and b -> a, two critics, and a cycle-consistency loss.

    Minimises L_GAN(G, D_B) + L_GAN(F, D_A) + cycle_weight L_cyc (equation 3), plus the identity term of section 5.2. Additions to the
    paper, off by default: a moving average of the generators, which is then used for sampling, and an augmentation of the critics' input.

    Raises:
        InputError: the generator lacks an attribute of a Translator.
    """

    kinds = ("unpaired", "paired")
    directions = ("a_to_b", "b_to_a")
    averages_of = (("a_to_b", "averages.a_to_b"), ("b_to_a", "averages.b_to_a"))

    def __init__(
        self,
        generator: Callable[[], nn.Module],  # returns a new generator: image (N, C, H, W) -> image (N, C, H, W), both in [-1, 1]
        critic: Callable[[], nn.Module],  # returns a new critic: image -> logits (N, ...)
        loss: AdversarialLoss,
        generator_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        cycle_weight: float = 10.0,  # lambda, equation 3
        identity_weight: float = 5.0,  # 0.5 lambda, section 5.2; 0 disables the term
        pool_size: int = 50,  # number of images, section 4
        decay_start: float = 0.5,  # share of the budget after which the learning rates decay linearly to 0
        critic_augmentation: nn.Module | None = None,  # differentiable, applied to real and fake images
        average_half_life: float = 0.0,  # of the moving average, in images; 0: no moving average, as in the paper
    ):
        super().__init__()
        check_fixed(critic_augmentation)
        self.a_to_b, self.b_to_a = generator(), generator()
        require(self.a_to_b, Translator, "generator")
        self.critic_a, self.critic_b = critic(), critic()
        self.pool_a, self.pool_b = ImagePool(pool_size), ImagePool(pool_size)
        self.loss, self.decay_start = loss, decay_start
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.fakes = Handover()  # passes the fakes of this turn, by domain, from the generators' update to the critics' update
        self.updates = {
            "generator": GradientUpdate(self.generator_objective, generator_optimizer(parameters_of([self.a_to_b, self.b_to_a]))),
            "critic": GradientUpdate(self.critic_objective, critic_optimizer(parameters_of([self.critic_a, self.critic_b]))),
        }
        self.averages: Mapping[str, AveragedModel] | None = None
        if average_half_life > 0:
            averages = nn.ModuleDict({direction: AveragedModel(getattr(self, direction)) for direction in self.directions})
            self.averages = cast(Mapping[str, AveragedModel], averages)  # a ModuleDict does not state the type of its values
            self.updates["average"] = MovingAverage(list(self.averages.values()), [self.a_to_b, self.b_to_a], average_half_life)

    def set_progress(self, progress: float) -> None:
        """Set the learning rates for this share of the budget, in [0, 1]."""
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))

    def generator_objective(self, batch: Batch) -> Terms:
        """Objective of both generators, equation 3 and section 5.2. Each generator translates its two inputs together if it can."""
        a, b = batch["a"], batch["b"]
        terms: Terms = {}
        if self.identity_weight > 0:
            fake_b, same_b = separately(self.a_to_b, a, b)
            fake_a, same_a = separately(self.b_to_a, b, a)
            terms["identity"] = l1_loss(same_a, a) + l1_loss(same_b, b)
        else:
            fake_b, fake_a = self.a_to_b(a), self.b_to_a(b)
        self.fakes.put({"a": fake_a.detach(), "b": fake_b.detach()})
        terms["cycle"] = l1_loss(self.b_to_a(fake_b), a) + l1_loss(self.a_to_b(fake_a), b)
        for domain, fake, critic in (("a", fake_a, self.critic_a), ("b", fake_b, self.critic_b)):
            terms[f"adversarial_{domain}"] = self.adversarial(critic, batch[domain], fake)
        terms["loss"] = terms["adversarial_a"] + terms["adversarial_b"] + self.cycle_weight * terms["cycle"]
        if self.identity_weight > 0:
            terms["loss"] = terms["loss"] + self.identity_weight * terms["identity"]
        return terms

    def adversarial(self, critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """Adversarial loss of the generator that produced the fakes, a scalar."""

        def judge(images: Tensor) -> Tensor:
            logits: Tensor = critic(self.critic_augmentation(images))
            return logits

        return self.loss.generator(judge(fake), lambda: judge(real)).mean()

    def critic_objective(self, batch: Batch) -> Terms:
        """Objective of both critics, on the real images of this turn and fakes from the pools.

        The generators' update must precede the critics' in `updates`.
        """
        fakes = self.fakes.pop()
        terms: Terms = {}
        for domain, critic, pool in (("a", self.critic_a, self.pool_a), ("b", self.critic_b, self.pool_b)):
            real, fake = batch[domain], pool(fakes[domain])
            augmented = self.critic_augmentation(torch.cat([real, fake])).split([len(real), len(fake)])
            terms[domain] = self.loss.critic(*separately(critic, *augmented)).mean()
        terms["loss"] = terms["a"] + terms["b"]
        return terms

    def check(self, batch: Batch) -> None:
        """Check that the image sides are multiples of the generators' stride and that the networks accept the images.

        Only training requires multiples; translation pads and crops (genlab.translation.padding).

        Raises:
            InputError: a side is not a multiple, or the networks do not accept the images.
        """
        for domain in ("a", "b"):
            check_sides(batch[domain], domain, cast(Translator, self.a_to_b).stride)
        try:
            with torch.no_grad(), evaluation_mode(self):
                self.critic_b(self.a_to_b(batch["a"][:1]))
                self.critic_a(self.b_to_a(batch["b"][:1]))
        except (RuntimeError, ValueError) as error:
            shape = " x ".join(str(side) for side in batch["a"].shape[1:])
            raise InputError(
                f"the networks cannot take images of {shape} (channels, height, width): {error}. "
                "Change the image set's `size` or `channels`, or the networks' channels or layers."
            ) from error

    def critics(self) -> dict[str, nn.Module]:
        """Return the critics of both domains."""
        return {"critic_a": self.critic_a, "critic_b": self.critic_b}

    def generators(self) -> dict[str, nn.Module]:
        """Map each direction to its sampling network (the moving average if enabled)."""
        if self.averages is None:
            return {direction: getattr(self, direction) for direction in self.directions}
        return {direction: average.module for direction, average in self.averages.items()}

    @torch.no_grad()
    def sample(self, images: Tensor, direction: str) -> Tensor:
        """Translate images (N, C, H, W) in [-1, 1] in the given direction, with the sampling network in evaluation mode."""
        generator = self.generators()[direction]
        with evaluation_mode(generator):
            translated: Tensor = generator(images)
            return translated
