"""The adversarial family. Goodfellow et al. 2014 (arXiv:1406.2661) and what came after.

Which GAN it is, its YAML says: the loss, what holds the critic smooth (clipping, penalties, a spectral norm in its network), how
many steps the critic takes a turn, whether both players grow (ProGAN), whether the generator looks into the critic's future, and, by
its networks, whether and how both are conditional on the images' labels (genlab.networks.conditional, genlab.networks.biggan).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel

from genlab.adversarial.batch_norm_statistics import recompute_batch_norms
from genlab.adversarial.checks import check_growth, check_images, check_same_classes
from genlab.adversarial.diversity import Diversity
from genlab.adversarial.fixed_samples import SHOWN, alternating_labels, generate
from genlab.adversarial.growth import Growth, images_at_stage
from genlab.adversarial.unrolling import future
from genlab.engine.average import MovingAverage
from genlab.engine.recipe import Recipe
from genlab.engine.schedules import linear_decay
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Terms
from genlab.errors import InputError
from genlab.losses.adversarial import AdversarialLoss, ranking_accuracy
from genlab.losses.orthogonality import orthogonality
from genlab.losses.penalties import CriticFunction, Penalty, Scored
from genlab.networks.conditional import AuxiliaryCritic, CriticOutput, JoinedCritic
from genlab.networks.contracts import Critic, Sampler, require
from genlab.networks.growing import Stage
from genlab.networks.labels import check_labels
from genlab.networks.layers.normalise import batch_norms


class GAN(Recipe):
    """A generator G(z) and a critic D(x) that play against each other; algorithm 1, for any adversarial loss.

    Wasserstein GAN: Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, is `clip` and `critic_steps`; WGAN-GP, R1, R2 are
    `penalties`; the unrolled GAN is `unrolled_steps`.

    Conditional GANs: fakes are made with the labels of the batch's images. What a critic believes of the classes (AC-GAN, Odena et al.
    2016, arXiv:1610.09585, equations 2 and 3) counts for both players, of real images and of fakes, times `class_weight`.
    """

    kinds = ("unlabelled", "labelled")

    def __init__(
        self,
        generator: nn.Module,  # latent (N, latent_size) [, label (N,)] -> image (N, C, H, W) in [-1, 1]; knows `latent_size`, `classes`
        critic: nn.Module,  # image [, label] -> logits (N, ...), or a CriticOutput; knows its `classes`
        loss: AdversarialLoss,
        generator_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_steps: int = 1,  # k, a turn; the first sees the turn's batch, each other one a new batch
        critic_weight: float = 1.0,  # of its loss: 1 as the papers write it; 0.5 in public code, to slow it down beside a penalty
        penalties: Mapping[str, Penalty] | None = None,  # by the name they are logged under
        clip: float | None = None,  # c: the critic's weights stay within [-c, c]
        unrolled_steps: int = 0,  # K: how far the generator looks into the critic's future
        unrolled_rate: float = 1.0e-3,  # eta, the learning rate of these steps
        critic_augmentation: nn.Module | None = None,  # of real and fake images alike, differentiable
        class_weight: float = 1.0,  # of the classes' cross-entropy, where the critic classifies
        orthogonal_weight: float = 0.0,  # beta of the generator's orthogonal regularisation
        average_half_life: float = 0.0,  # images; 0: no moving average of the generator
        growth: Growth | None = None,  # of both players, from small images on; None: all levels from the beginning
        standing_batches: int = 0,  # what samples has its batch norms measured anew on so many batches at the end; 0: running means
        decay_start: float = 1.0,  # share of the budget after which the learning rates fall to 0 in a straight line
    ):
        super().__init__()
        check_arguments(generator, critic, critic_steps, penalties or {}, clip, unrolled_steps)
        self.generator, self.critic, self.loss = generator, critic, loss
        self.critic_weight, self.penalties = critic_weight, dict(penalties or {})
        self.unrolled_steps, self.unrolled_rate = unrolled_steps, unrolled_rate
        self.class_weight, self.orthogonal_weight, self.standing_batches = class_weight, orthogonal_weight, standing_batches
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.growth, self.decay_start = growth, decay_start
        if growth is not None:
            check_growth(growth, generator, critic)
        self.stage: Stage | None = None  # None: images as they are
        self.latent_size, self.classes = generator.latent_size, generator.classes
        self.register_buffer("shown", torch.randn(SHOWN, self.latent_size))
        weights = list(critic.parameters())
        constraint = None if clip is None else partial(clamp, weights, clip)
        self.updates = {
            "critic": GradientUpdate(self.critic_objective, critic_optimizer(weights), repeats=critic_steps, constraint=constraint),
            "generator": GradientUpdate(self.generator_objective, generator_optimizer(generator.parameters())),
        }
        self.average: AveragedModel | None = None
        if average_half_life > 0:
            self.average = AveragedModel(generator)
            self.updates["average"] = MovingAverage([self.average], [generator], average_half_life)
        self.updates["health"] = Diversity(self.shown_samples, real=self.seen)

    def set_progress(self, progress: float) -> None:
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))
        if self.growth is not None:
            self.stage = self.growth.grow(progress, self.generator, self.critic, *self.generators().values())
            self.batches_per_turn = self.growth.batches_per_turn(self.stage.side)

    def seen(self, images: Tensor) -> Tensor:
        """Real images at the current stage of growth."""
        return images if self.stage is None else images_at_stage(images, self.stage)

    def labels_of(self, batch: Batch) -> tuple[Tensor, ...]:
        """The labels of a batch, as further arguments of generator and critic; none if they are unconditional."""
        return (batch["label"],) if self.classes else ()

    def critic_output(self, images: Tensor, *labels: Tensor) -> CriticOutput:
        """The critic's logits for augmented images, and class logits if it classifies."""
        output = self.critic(self.critic_augmentation(images), *labels)
        return output if isinstance(output, CriticOutput) else CriticOutput(output)

    def logits(self, images: Tensor, *labels: Tensor) -> Tensor:
        """The critic's logits, without class predictions."""
        return self.critic_output(images, *labels).logits

    def fakes(self, batch: Batch) -> Tensor:
        """As many samples of new latents as the batch has images, with their labels."""
        real = batch["image"]
        return self.generator(torch.randn(len(real), self.latent_size, device=real.device), *self.labels_of(batch))

    def critic_objective(self, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = self.fakes(batch)
        real, labels = self.seen(batch["image"]), self.labels_of(batch)
        if self.penalties:
            real, fake = real.detach().requires_grad_(), fake.requires_grad_()
        # Not in one call: batch norm and minibatch layers are to see real images beside real ones, and fakes beside fakes.
        outputs = self.critic_output(real, *labels), self.critic_output(fake, *labels)
        scored_real, scored_fake = (Scored(images, output.logits) for images, output in zip((real, fake), outputs, strict=True))
        logits = scored_real.logits, scored_fake.logits
        terms = {"adversarial": self.loss.critic(*logits).mean()}
        terms["loss"] = self.critic_weight * terms["adversarial"]
        for name, penalty in self.penalties.items():
            terms[name] = penalty(lambda images: self.logits(images, *labels), scored_real, scored_fake).mean()
            terms["loss"] = terms["loss"] + terms[name]
        self.add_classification(terms, batch, *outputs)
        with torch.no_grad():
            return terms | self.loss.estimates(*logits) | {"accuracy": ranking_accuracy(*logits)}

    def generator_objective(self, batch: Batch) -> Terms:
        fake, labels = self.fakes(batch), self.labels_of(batch)
        if self.unrolled_steps:
            logits_of = self.future_critic(self.seen(batch["image"]), fake, *labels)
            output = CriticOutput(logits_of(fake))
        else:
            logits_of, output = (lambda images: self.logits(images, *labels)), self.critic_output(fake, *labels)
        loss = self.loss.generator(output.logits, lambda: logits_of(self.seen(batch["image"]))).mean()
        terms = {"adversarial": loss, "loss": loss}
        self.add_classification(terms, batch, output)
        if self.orthogonal_weight:
            terms["orthogonality"] = orthogonality(self.generator)
            terms["loss"] = terms["loss"] + self.orthogonal_weight * terms["orthogonality"]
        return terms

    def add_classification(self, terms: Terms, batch: Batch, *outputs: CriticOutput) -> None:
        """Add the cross-entropy of the class logits, if the critic classifies, as a term and to the loss."""
        if outputs[0].class_logits is not None:
            terms["classification"] = sum(cross_entropy(output.class_logits, batch["label"]) for output in outputs)
            terms["loss"] = terms["loss"] + self.class_weight * terms["classification"]

    def future_critic(self, real: Tensor, fake: Tensor, *labels: Tensor) -> CriticFunction:
        """The critic after `unrolled_steps` on these very images."""

        def objective(critic: Callable[..., Tensor]) -> Tensor:
            real_logits, fake_logits = (critic(self.critic_augmentation(images), *labels) for images in (real, fake))
            return self.critic_weight * self.loss.critic(real_logits, fake_logits).mean()

        critic = future(self.critic, objective, self.unrolled_steps, self.unrolled_rate)
        return lambda images: critic(self.critic_augmentation(images), *labels)

    def finalise(self) -> None:
        if self.growth is not None:
            self.set_progress(1.0)  # what is sampled has all levels, whatever the last turn had
        if self.standing_batches:
            recompute_batch_norms(self.generators()["generator"], self.standing_batches)

    def check(self, batch: Batch) -> None:
        """The generator's images must be of the real ones' shape, the critic must take them, and labels be those that both know.

        Raises:
            InputError: they are not, or it doesn't.
        """
        if self.classes:
            check_labels(batch.get("label"), self.classes)
        some = {name: values[:2] for name, values in batch.items()}
        real, labels = some["image"], self.labels_of(some)
        fake = generate(self.generator, self.shown[: len(real)], *labels)
        joined = " (its network's `channels`: the image's and its `planes` together)" if isinstance(self.critic, JoinedCritic) else ""
        check_images(real, fake, self.critic, lambda images: self.critic(images, *labels), joined)

    def generators(self) -> dict[str, nn.Module]:
        """What samples: the moving average where there is one."""
        return {"generator": self.generator if self.average is None else self.average.module}

    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) [, labels (N,), or the classes' weights (N, classes)] -> images (N, C, H, W) in [-1, 1]."""
        return generate(self.generators()["generator"], latents, *(() if labels is None else (labels,)))

    def shown_samples(self, count: int) -> Tensor:
        """Samples of the generator that is trained, of always the same latents."""
        return generate(
            self.generator, self.shown[:count], *self.labels_of({"label": alternating_labels(self.classes, self.shown.device)[:count]})
        )


def check_arguments(
    generator: nn.Module, critic: nn.Module, critic_steps: int, penalties: Mapping[str, Penalty], clip: float | None, unrolled_steps: int
) -> None:
    """What the types don't say.

    Raises:
        InputError: a number is out of range, the networks have different numbers of classes, or a gradient penalty meets a norm that
            mixes images.
    """
    require(generator, Sampler, "generator")
    require(critic, Critic, "critic")
    check_same_classes(generator, critic)
    if unrolled_steps and isinstance(critic, AuxiliaryCritic):
        raise InputError(f"unrolled_steps: got {unrolled_steps} beside an AuxiliaryCritic, expected 0: its classes aren't unrolled.")
    if critic_steps < 1:
        raise InputError(f"critic_steps: got {critic_steps}, expected at least 1.")
    if unrolled_steps < 0:
        raise InputError(f"unrolled_steps: got {unrolled_steps}, expected 0 (not unrolled) or more.")
    if clip is not None and clip <= 0:
        raise InputError(f"clip: got {clip}, expected a positive number, or null for none.")
    if penalties and (found := batch_norms(critic)):
        raise InputError(
            f"the critic has batch norm ({', '.join(found)}), which mixes the images of a batch; the penalty {', '.join(penalties)} is on "
            "the gradient of each image alone (arXiv:1704.00028, section 4). Give the critic `norm: layer`, `instance` or `none`."
        )


@torch.no_grad()
def clamp(weights: Sequence[Tensor], bound: float) -> None:
    """Move each weight into [-bound, bound]. Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, line 7."""
    torch._foreach_clamp_min_(weights, -bound)
    torch._foreach_clamp_max_(weights, bound)
