"""StyleGAN and StyleGAN2 (arXiv:1812.04948, arXiv:1912.04958), with adaptive augmentation for small image sets (arXiv:2006.06676).

The arguments in the YAML file specify the variant: the synthesis network, progressive growing, lazy regularisation, path length
regularisation in W, and the augmentation of the critic's input.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from genlab.adversarial.adaptive import AdaptiveAugment
from genlab.adversarial.checks import check_growth, check_images, check_same_classes
from genlab.adversarial.diversity import Diversity
from genlab.adversarial.fixed_samples import SHOWN, alternating_labels, generate
from genlab.adversarial.growth import Growth, images_at_stage
from genlab.adversarial.lazy_regularisation import network_updates
from genlab.adversarial.path_length import PathLength
from genlab.engine.average import MovingAverage
from genlab.engine.capabilities import Truncated
from genlab.engine.parts import leading
from genlab.engine.recipe import Recipe
from genlab.engine.schedules import linear_decay
from genlab.engine.stream import Batch
from genlab.engine.updates import Terms
from genlab.errors import InputError
from genlab.losses.adversarial import NON_SATURATING, AdversarialLoss, ranking_accuracy
from genlab.losses.penalties import Scored, r1
from genlab.networks.contracts import SizedCritic, require
from genlab.networks.growing import Stage
from genlab.networks.labels import check_labels
from genlab.networks.style import Generator, mixed


class StyleGAN(Recipe):
    """GAN with a style-based generator, a non-saturating loss and an R1 penalty (arXiv:1801.04406, equation 9).

    Lazy regularisation (arXiv:1912.04958, section 3.1 and appendix B): every k turns, one additional step minimises k times the penalty
    with the same optimizer, whose learning rate and betas are adjusted to the additional steps.

    Raises:
        InputError: a number is out of range, or the networks do not fit each other or the growth.
    """

    kinds = ("unlabelled", "labelled")
    averages_of = (("generator", "average"),)
    truncates = Truncated.STYLES
    shown: Tensor  # fixed latents
    shown_noise: Tensor

    def __init__(
        self,
        generator: Generator,
        critic: nn.Module,  # image [, label] -> logits (N,); has attributes `size` and `classes`
        generator_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        loss: AdversarialLoss = NON_SATURATING,
        r1_weight: float = 10.0,  # gamma
        r1_every: int = 1,  # turns between two R1 steps; 1: part of every critic step
        path_length: PathLength | None = None,  # path length regularisation
        path_length_every: int = 4,  # turns between two path length steps
        mixing: float = 0.9,  # share of the fakes that combine two styles
        critic_augmentation: nn.Module | None = None,  # differentiable, applied to real and fake images; AdaptiveAugment adapts its p
        growth: Growth | None = None,  # None: all levels from the start
        average_half_life: float = 2000.0,  # of the generator's moving average, in images; 0: no moving average
        average_ramp_up: float = 0.25,  # the half-life is at most this share of the images seen
        decay_start: float = 1.0,  # share of the budget after which the learning rates decay linearly to 0
    ):
        super().__init__()
        check_arguments(generator, critic, r1_every, path_length_every, mixing, growth)
        self.generator, self.critic, self.loss = generator, critic, loss
        self.r1_weight, self.r1_every, self.mixing = r1_weight, r1_every, mixing
        self.path_length, self.path_length_every = path_length, path_length_every
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.growth, self.decay_start = growth, decay_start
        self.latent_size, self.classes, self.noise_size = generator.latent_size, generator.classes, generator.noise_size
        self.stage = Stage(generator.size)
        self.register_buffer("shown", torch.randn(SHOWN, self.latent_size))
        self.register_buffer("shown_noise", torch.randn(1, self.noise_size))
        self.average = AveragedModel(generator) if average_half_life > 0 else None
        lazy_critic = self.r1_objective if r1_every > 1 else None  # with r1_every = 1, the penalty is part of every critic step
        lazy_generator = None if path_length is None else self.path_objective
        self.updates = {
            **network_updates("critic", critic_optimizer(critic.parameters()), self.critic_objective, lazy_critic, r1_every),
            **network_updates(
                "generator", generator_optimizer(generator.parameters()), self.generator_objective, lazy_generator, path_length_every
            ),
        }
        if self.average is not None:
            self.updates["average"] = MovingAverage([self.average], [generator], average_half_life, average_ramp_up)
        if isinstance(critic_augmentation, AdaptiveAugment):
            self.updates["augmentation"] = critic_augmentation.adapt
        self.updates["health"] = Diversity(self.shown_samples, real=lambda images: images_at_stage(images, self.stage))

    def set_progress(self, progress: float) -> None:
        """Set the learning rates and the stage of growth for this share of the budget, in [0, 1]."""
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))
        if self.growth is not None:
            self.stage = self.growth.grow(progress, self.generator, self.critic, *self.generators().values())
            self.batches_per_turn = self.growth.batches_per_turn(self.stage.side)

    def schedules(self) -> dict[str, float]:
        """Return the learning rates and the stage of growth, as set by `set_progress`."""
        stage = {} if self.stage is None else {"side of the growing images": float(self.stage.side), "fading": self.stage.alpha}
        return super().schedules() | stage

    def finalise(self) -> None:
        """Switch growing networks to their last level."""
        self.set_progress(1.0)  # the last turn may have ended at an earlier stage

    def labels_of(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return the labels of a batch as further arguments of generator and critic; () if they are unconditional."""
        return (batch["label"],) if self.classes else ()

    def fakes(self, count: int, *labels: Tensor) -> Tensor:
        """Generate `count` fakes from new latents and noise, with style mixing. Updates the running mean of w with the first styles."""
        device = self.shown.device
        first = self.generator.map(torch.randn(count, self.latent_size, device=device), *labels)
        self.generator.measure(first)
        if self.mixing > 0:
            second = self.generator.map(torch.randn(count, self.latent_size, device=device), *labels)
            first = mixed(first, second, len(self.generator.sides), self.mixing)
        return self.generator.synthesise(first, torch.randn(count, self.noise_size, device=device))

    def real(self, batch: Batch) -> Tensor:
        """Real images of a batch at the current stage of growth, not augmented."""
        return images_at_stage(batch["image"], self.stage)

    def logits(self, images: Tensor, *labels: Tensor) -> Tensor:
        """The critic's logits (N,) for augmented images."""
        logits: Tensor = self.critic(self.critic_augmentation(images), *labels)
        return logits

    def critic_objective(self, batch: Batch) -> Terms:
        """Objective of the critic: adversarial loss, and R1 unless it is lazy, with estimates to log."""
        real, labels = self.real(batch), self.labels_of(batch)
        with torch.no_grad():
            fake = self.fakes(len(real), *labels)
        if self.r1_every == 1:
            real = real.detach().requires_grad_()
        # Two calls: the minibatch layer must not mix real images with fakes.
        logits = self.logits(real, *labels), self.logits(fake, *labels)
        terms = {"adversarial": self.loss.critic(*logits).mean()}
        terms["loss"] = terms["adversarial"]
        if self.r1_every == 1:
            terms |= self.smoothness(real, logits[0])
            terms["loss"] = terms["adversarial"] + terms["r1"]
        if isinstance(self.critic_augmentation, AdaptiveAugment):
            self.critic_augmentation.observe(logits[0])
        with torch.no_grad():
            return terms | self.loss.estimates(*logits) | {"accuracy": ranking_accuracy(*logits)}

    def r1_objective(self, batch: Batch) -> Terms:
        """Objective of the critic's lazy step: R1 times `r1_every`."""
        real = self.real(batch).detach().requires_grad_()
        terms = self.smoothness(real, self.logits(real, *self.labels_of(batch)))
        return terms | {"loss": self.r1_every * terms["r1"]}

    def smoothness(self, real: Tensor, logits: Tensor) -> Terms:
        """R1 penalty on real images, with the critic's logits for them: the gradient is with respect to the images before augmentation.

        As in genlab.recipes.gan and in the public code of arXiv:2006.06676: critic and augmentation are one function of an image.
        """
        scored = Scored(real, logits)
        return {"r1": r1(self.critic, scored, scored, self.r1_weight).mean()}

    def generator_objective(self, batch: Batch) -> Terms:
        """Objective of the generator: the adversarial loss."""
        labels = self.labels_of(batch)
        fake = self.fakes(len(batch["image"]), *labels)
        loss = self.loss.generator(self.logits(fake, *labels), lambda: self.logits(self.real(batch), *labels)).mean()
        return {"adversarial": loss, "loss": loss}

    def path_objective(self, batch: Batch) -> Terms:
        """Objective of the generator's lazy step: the path length penalty times `path_length_every`, with one style per image."""
        assert self.path_length is not None
        count = max(1, int(len(batch["image"]) * self.path_length.share))
        device = self.shown.device
        labels = (leading(batch, "label", count),) if self.classes else ()
        w = self.generator.map(torch.randn(count, self.latent_size, device=device), *labels)
        images = self.generator.synthesise(w, torch.randn(count, self.noise_size, device=device))
        penalty = self.path_length(images, w).mean()
        return {"path_length": penalty, "length": self.path_length.mean.clone(), "loss": self.path_length_every * penalty}

    def check(self, batch: Batch) -> None:
        """Check that real and generated images have the same shape, that the critic accepts them, and that the labels are valid.

        Raises:
            InputError: one of these does not hold.
        """
        if self.classes:
            check_labels(batch.get("label"), self.classes)
        some = {name: values[:2] for name, values in batch.items()}
        real, labels = some["image"], self.labels_of(some)
        fake = self.sample(self.shown[: len(real)], labels[0] if labels else None)
        check_images(real, fake, self.critic, lambda images: self.critic(images, *labels))

    def critics(self) -> dict[str, nn.Module]:
        """Return the critic under the name `critic`."""
        return {"critic": self.critic}

    def generators(self) -> dict[str, nn.Module]:
        """Return the sampling network (the moving average if enabled) under the name `generator`."""
        return {"generator": self.generator if self.average is None else self.average.module}

    def sample(self, latents: Tensor, labels: Tensor | None = None, noise: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """Latents (N, latent_size) [, labels (N,) or class weights (N, classes), noise (N, noise_size), psi] -> images (N, C, H, W).

        Latents and noise are drawn from N(0, 1); by default all images use the same fixed noise. `truncation` is psi of
        Generator.truncate; 1 disables it.
        """
        noise = self.shown_noise.expand(len(latents), -1) if noise is None else noise
        psi = latents.new_full((len(latents),), truncation)
        return generate(self.generators()["generator"], latents, noise, psi, *(() if labels is None else (labels,)))

    def shown_samples(self, count: int) -> Tensor:
        """Samples of the trained generator (not of its moving average) from fixed latents and noise, at most `count` of them."""
        latents, labels = self.shown[:count], self.labels_of({"label": alternating_labels(self.classes, self.shown.device)[:count]})
        return generate(self.generator, latents, self.shown_noise.expand(len(latents), -1), latents.new_ones(len(latents)), *labels)


def check_arguments(
    generator: Generator, critic: nn.Module, r1_every: int, path_length_every: int, mixing: float, growth: Growth | None
) -> None:
    """Check the arguments of `StyleGAN` beyond their types.

    Raises:
        InputError: a number is out of range, the generator is not a style-based Generator, or generator and critic do not match.
    """
    if not isinstance(generator, Generator):
        raise InputError(
            f"generator: got a {type(generator).__name__} ({type(generator).__module__}), expected a genlab.networks.style.Generator, "
            "which has a mapping and a synthesis. For another network use genlab.recipes.gan.GAN."
        )
    require(critic, SizedCritic, "critic")
    check_same_classes(generator, critic)
    for name, every in (("r1_every", r1_every), ("path_length_every", path_length_every)):
        if every < 1:
            raise InputError(f"{name}: got {every}, expected a whole number of turns, 1 or more.")
    if not 0 <= mixing <= 1:
        raise InputError(f"mixing: got {mixing}, expected a share of the images, 0 to 1.")
    if growth is not None:
        check_growth(growth, generator, critic, growing=generator.synthesis)
