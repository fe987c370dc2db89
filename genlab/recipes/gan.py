"""Generative adversarial networks: Goodfellow et al. 2014 (arXiv:1406.2661) and its successors.

The arguments in the YAML file specify the variant: the loss, the regularisation of the critic (clipping, penalties, spectral norm in its
network), the number of critic steps per turn, progressive growing (ProGAN) and unrolling. The networks determine whether and how the model
is conditional on labels (genlab.networks.conditional, genlab.networks.biggan).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel

from genlab.adversarial.adaptive import check_fixed
from genlab.adversarial.batch_norm_statistics import recompute_batch_norms
from genlab.adversarial.checks import check_growth, check_images, check_same_classes
from genlab.adversarial.clipping import clamp
from genlab.adversarial.diversity import Diversity
from genlab.adversarial.fixed_samples import SHOWN, alternating_labels, generate
from genlab.adversarial.growth import Growth, images_at_stage
from genlab.adversarial.handover import Handover
from genlab.adversarial.unrolling import critic_loss, unrolled
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
    """GAN with a generator G(z), a critic D(x) and any adversarial loss. Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1.

    Wasserstein GAN (Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1): set `clip` and `critic_steps`. WGAN-GP, R1 and R2: set
    `penalties`. Unrolled GAN: set `unrolled_steps`. `shared_fakes` saves one of the two passes through the generator in each turn; the
    generator is then judged on latents that the critic has just learned from, where algorithm 1 draws new ones.

    Conditional GANs generate fakes with the labels of the batch. If the critic classifies (AC-GAN, Odena et al. 2016, arXiv:1610.09585,
    equations 2 and 3), the cross-entropy of the classes, times `class_weight`, is added to the losses of the critic (on real and fake
    images) and of the generator (on fakes).

    Raises:
        InputError: a number is out of range, or the networks do not fit each other, the penalties or the growth.
    """

    kinds = ("unlabelled", "labelled")
    averages_of = (("generator", "average"),)
    shown: Tensor  # fixed latents

    def __init__(
        self,
        generator: nn.Module,  # a Sampler: latent (N, latent_size) [, label (N,)] -> image (N, C, H, W) in [-1, 1]
        critic: nn.Module,  # image [, label] -> logits (N, ...), or a CriticOutput; has an attribute `classes`
        loss: AdversarialLoss,
        generator_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_steps: int = 1,  # k, steps per turn; the first uses the batch of the turn, each further one takes a new batch
        shared_fakes: bool = False,  # the generator's step uses the fakes of the critic's, as in public code of DCGAN, instead of new ones
        critic_weight: float = 1.0,  # of the critic's loss: 1 as in the papers; 0.5 in public code, relative to a penalty
        penalties: Mapping[str, Penalty] | None = None,  # by the name under which they are logged
        clip: float | None = None,  # c: the critic's weights are clipped to [-c, c]; None: no clipping
        unrolled_steps: int = 0,  # K, number of critic steps, with penalties and clip, that the generator's loss is unrolled over; 0: none
        unrolled_rate: float = 1.0e-3,  # eta, learning rate of the unrolled steps
        critic_augmentation: nn.Module | None = None,  # differentiable, applied to real and fake images
        class_weight: float = 1.0,  # of the cross-entropy of the classes, if the critic classifies
        orthogonal_weight: float = 0.0,  # beta, of the generator's orthogonal regularisation; as in public code with 2 beta
        average_half_life: float = 0.0,  # of the generator's moving average, in images; 0: no moving average
        growth: Growth | None = None,  # of generator and critic, starting with small images; None: all levels from the start
        batch_norm_batches: int = 0,  # recompute batch-norm statistics over this many batches after training; 0: keep running averages
        decay_start: float = 1.0,  # share of the budget after which the learning rates decay linearly to 0
    ):
        super().__init__()
        check_fixed(critic_augmentation)
        check_arguments(generator, critic, critic_steps, penalties or {}, clip, unrolled_steps)
        if shared_fakes and critic_steps > 1:
            raise InputError(
                f"shared_fakes: got true with critic_steps: {critic_steps}, expected 1 step: the fakes of further steps have the labels of "
                "other batches. Set `shared_fakes: false`."
            )
        self.handover = Handover() if shared_fakes else None  # passes the fakes of the critic's step to the generator's
        sampler = cast(Sampler, generator)
        self.generator, self.critic, self.loss = generator, critic, loss
        self.critic_weight, self.penalties, self.clip = critic_weight, dict(penalties or {}), clip
        self.unrolled_steps, self.unrolled_rate = unrolled_steps, unrolled_rate
        self.class_weight, self.orthogonal_weight, self.batch_norm_batches = class_weight, orthogonal_weight, batch_norm_batches
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.growth, self.decay_start = growth, decay_start
        if growth is not None:
            check_growth(growth, generator, critic)
        self.stage: Stage | None = None  # None: no growth
        self.latent_size, self.classes = sampler.latent_size, sampler.classes
        self.register_buffer("shown", torch.randn(SHOWN, self.latent_size))
        constraint = None if clip is None else self.clip_weights
        self.updates = {
            "critic": GradientUpdate(
                self.critic_objective, critic_optimizer(critic.parameters()), repeats=critic_steps, constraint=constraint
            ),
            "generator": GradientUpdate(self.generator_objective, generator_optimizer(generator.parameters())),
        }
        self.average: AveragedModel | None = None
        if average_half_life > 0:
            self.average = AveragedModel(generator)
            self.updates["average"] = MovingAverage([self.average], [generator], average_half_life)
        self.updates["health"] = Diversity(self.shown_samples, real=self.seen)

    def relating_images(self) -> list[str]:
        """Name what relates the images of a batch to each other: the steps of an unrolled critic."""
        return ["unrolled_steps"] if self.unrolled_steps else []

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

    def seen(self, images: Tensor) -> Tensor:
        """Real images (N, C, H, W) at the current stage of growth."""
        return images if self.stage is None else images_at_stage(images, self.stage)

    def labels_of(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return the labels of a batch as further arguments of generator and critic; () if they are unconditional."""
        return (batch["label"],) if self.classes else ()

    def critic_output(self, images: Tensor, *labels: Tensor) -> CriticOutput:
        """The critic's logits for augmented images, and class logits if it classifies."""
        output = self.critic(self.critic_augmentation(images), *labels)
        return output if isinstance(output, CriticOutput) else CriticOutput(output)

    def logits(self, images: Tensor, *labels: Tensor) -> Tensor:
        """The critic's logits, without class predictions."""
        return self.critic_output(images, *labels).logits

    def fakes(self, batch: Batch) -> Tensor:
        """Generate one fake per image of the batch from new latents, with the same labels."""
        real = batch["image"]
        fakes: Tensor = self.generator(torch.randn(len(real), self.latent_size, device=real.device), *self.labels_of(batch))
        return fakes

    def critic_objective(self, batch: Batch) -> Terms:
        """Objective of the critic: adversarial loss, penalties and classification, with estimates to log."""
        with torch.set_grad_enabled(self.handover is not None):
            fake = self.fakes(batch)
        if self.handover is not None:
            self.handover.put({"fake": fake})
            fake = fake.detach()
        real, labels = self.seen(batch["image"]), self.labels_of(batch)
        if self.penalties:
            # Gradients with respect to images are of the images' dtype: fp32, although a generator's output may be in half precision.
            real, fake = real.detach().requires_grad_(), fake.to(real.dtype).requires_grad_()
        # Two calls: batch norm and minibatch layers must not mix real images with fakes.
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
        """Objective of the generator: adversarial loss, classification and orthogonal regularisation."""
        fake = self.fakes(batch) if self.handover is None else self.handover.pop()["fake"]
        labels = self.labels_of(batch)
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
        """Add the cross-entropy of the class logits as a term and to the loss, if the critic classifies. Changes `terms` in place."""
        class_logits = [output.class_logits for output in outputs if output.class_logits is not None]  # of all outputs or of none
        if class_logits:
            terms["classification"] = cast(Tensor, sum(cross_entropy(logits, batch["label"]) for logits in class_logits))
            terms["loss"] = terms["loss"] + self.class_weight * terms["classification"]

    def clip_weights(self) -> None:
        """Clip the weights that the critic's update changes to [-c, c]."""
        clamp(self.gradient_updates()["critic"].parameters, cast(float, self.clip))

    def future_critic(self, real: Tensor, fake: Tensor, *labels: Tensor) -> CriticFunction:
        """Return the critic after `unrolled_steps` steps on these images, as a function of images."""

        def judged(critic: Callable[..., Tensor]) -> CriticFunction:
            return lambda images: critic(self.critic_augmentation(images), *labels)

        loss = critic_loss(self.loss, self.critic_weight, [*self.penalties.values()], real, fake)
        return judged(unrolled(self.critic, lambda critic: loss(judged(critic)), self.unrolled_steps, self.unrolled_rate, self.clip))

    def finalise(self) -> None:
        """Switch growing networks to their last level, and recompute batch-norm statistics if `batch_norm_batches` is set."""
        if self.growth is not None:
            self.set_progress(1.0)  # the last turn may have ended at an earlier stage
        if self.batch_norm_batches:
            recompute_batch_norms(self.generators()["generator"], self.batch_norm_batches)

    def check(self, batch: Batch) -> None:
        """Check that real and generated images have the same shape, that the critic accepts them, and that the labels are valid.

        Raises:
            InputError: one of these does not hold.
        """
        if self.classes:
            check_labels(batch.get("label"), self.classes)
        labels = self.labels_of(batch)
        fake = generate(self.generator, self.shown[: len(batch["image"][:2])], *(each[:2] for each in labels))
        joined = " (its network's `channels`: the image's and its `planes` together)" if isinstance(self.critic, JoinedCritic) else ""
        check_images(batch["image"], fake, self.critic, lambda images: self.critic(images, *labels), joined)  # whole: packs need it

    def critics(self) -> dict[str, nn.Module]:
        """Return the critic under the name `critic`."""
        return {"critic": self.critic}

    def generators(self) -> dict[str, nn.Module]:
        """Return the sampling network (the moving average if enabled) under the name `generator`."""
        return {"generator": self.generator if self.average is None else self.average.module}

    def sample(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) [, labels (N,) or class weights (N, classes)] -> images (N, C, H, W) in [-1, 1]."""
        return generate(self.generators()["generator"], latents, *(() if labels is None else (labels,)))

    def shown_samples(self, count: int) -> Tensor:
        """Samples of the trained generator (not of its moving average) from fixed latents, at most `count` of them."""
        return generate(
            self.generator, self.shown[:count], *self.labels_of({"label": alternating_labels(self.classes, self.shown.device)[:count]})
        )


def check_arguments(
    generator: nn.Module, critic: nn.Module, critic_steps: int, penalties: Mapping[str, Penalty], clip: float | None, unrolled_steps: int
) -> None:
    """Check the arguments of `GAN` beyond their types.

    Raises:
        InputError: a number is out of range, a network lacks an attribute, the networks have different numbers of classes, an auxiliary
            critic is to be unrolled, or a penalty is combined with batch norm in the critic, which mixes images.
    """
    require(generator, Sampler, "generator")
    require(critic, Critic, "critic")
    check_same_classes(generator, critic)
    if unrolled_steps and isinstance(critic, AuxiliaryCritic):
        raise InputError(f"unrolled_steps: got {unrolled_steps} with an AuxiliaryCritic, expected 0: its classes aren't unrolled.")
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
