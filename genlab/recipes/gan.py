"""The adversarial family on images without labels. Goodfellow et al. 2014 (arXiv:1406.2661) and what came after.

Which GAN it is, its YAML says: the loss, what holds the critic smooth (clipping, penalties, a spectral norm in its network), how
many steps the critic takes a turn, and whether the generator looks into the critic's future.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from genlab.average import MovingAverage
from genlab.engine import Batch, GradientUpdate, Recipe, Terms
from genlab.errors import InputError
from genlab.health import Diversity, ranking_accuracy
from genlab.losses.adversarial import AdversarialLoss
from genlab.losses.penalties import Judge, Judged, Penalty
from genlab.modes import evaluating
from genlab.networks.normalise import batch_norms
from genlab.schedules import linear_decay
from genlab.unrolled import future

SHOWN = 64  # samples whose latents are fixed


class GAN(Recipe):
    """A generator G(z) and a critic D(x) that play against each other; algorithm 1, for any adversarial loss.

    Wasserstein GAN: Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1, is `clip` and `critic_steps`; WGAN-GP, R1, R2 are
    `penalties`; the unrolled GAN is `unrolled_steps`.
    """

    kinds = ("unlabelled", "labelled")

    def __init__(
        self,
        generator: nn.Module,  # latent (N, latent_size) -> image (N, C, H, W) in [-1, 1]; knows its `latent_size`
        critic: nn.Module,  # image -> logits (N, ...)
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
        average_half_life: float = 0.0,  # images; 0: no moving average of the generator
        decay_start: float = 1.0,  # share of the budget after which the learning rates fall to 0 in a straight line
    ):
        super().__init__()
        check_arguments(critic, critic_steps, penalties or {}, clip, unrolled_steps)
        self.generator, self.critic, self.loss = generator, critic, loss
        self.critic_weight, self.penalties = critic_weight, dict(penalties or {})
        self.unrolled_steps, self.unrolled_rate = unrolled_steps, unrolled_rate
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.decay_start = decay_start
        self.latent_size = generator.latent_size
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
        self.updates["health"] = Diversity(lambda: generate(self.generator, self.shown))

    def at(self, progress: float) -> None:
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))

    def judge(self, images: Tensor) -> Tensor:
        """What the critic says of images as it sees them."""
        return self.critic(self.critic_augmentation(images))

    def fakes(self, batch: Batch) -> Tensor:
        """As many samples of new latents as the batch has images."""
        real = batch["image"]
        return self.generator(torch.randn(len(real), self.latent_size, device=real.device))

    def critic_objective(self, batch: Batch) -> Terms:
        with torch.no_grad():
            fake = self.fakes(batch)
        real = batch["image"]
        if self.penalties:
            real, fake = real.detach().requires_grad_(), fake.requires_grad_()
        # Not in one call: batch norm and minibatch layers are to see real images beside real ones, and fakes beside fakes.
        judged_real, judged_fake = Judged(real, self.judge(real)), Judged(fake, self.judge(fake))
        logits = judged_real.logits, judged_fake.logits
        terms = {"adversarial": self.loss.critic(*logits).mean()}
        terms["loss"] = self.critic_weight * terms["adversarial"]
        for name, penalty in self.penalties.items():
            terms[name] = penalty(self.judge, judged_real, judged_fake).mean()
            terms["loss"] = terms["loss"] + terms[name]
        with torch.no_grad():
            return terms | self.loss.views(*logits) | {"accuracy": ranking_accuracy(*logits)}

    def generator_objective(self, batch: Batch) -> Terms:
        fake = self.fakes(batch)
        judge = self.future_critic(batch["image"], fake) if self.unrolled_steps else self.judge
        loss = self.loss.generator(judge(fake), lambda: judge(batch["image"])).mean()
        return {"adversarial": loss, "loss": loss}

    def future_critic(self, real: Tensor, fake: Tensor) -> Judge:
        """The critic after `unrolled_steps` on these very images."""

        def objective(critic: Judge) -> Tensor:
            real_logits, fake_logits = (critic(self.critic_augmentation(images)) for images in (real, fake))
            return self.critic_weight * self.loss.critic(real_logits, fake_logits).mean()

        critic = future(self.critic, objective, self.unrolled_steps, self.unrolled_rate)
        return lambda images: critic(self.critic_augmentation(images))

    def check(self, batch: Batch) -> None:
        """The generator's images must be of the real ones' shape, and the critic must take them.

        Raises:
            InputError: they are not, or it doesn't.
        """
        real = batch["image"][:2]
        fake = generate(self.generator, self.shown[:2])
        shapes = {name: " x ".join(map(str, images.shape[1:])) for name, images in (("real", real), ("fake", fake))}
        if real.shape[1:] != fake.shape[1:]:
            raise InputError(
                f"the image set has images of {shapes['real']} (channels, height, width), the generator makes {shapes['fake']}. "
                "Change the networks' `size` and `channels`, or the image set's."
            )
        try:
            with evaluating(self.critic), torch.no_grad():
                self.critic(real)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"the critic cannot take images of {shapes['real']}: {error}. Change its `size` and `channels`.") from error

    def generators(self) -> dict[str, nn.Module]:
        """What samples: the moving average where there is one."""
        return {"generator": self.generator if self.average is None else self.average.module}

    def sample(self, latents: Tensor) -> Tensor:
        """Latents (N, latent_size) from N(0, 1) -> images (N, C, H, W) in [-1, 1]."""
        return generate(self.generators()["generator"], latents)

    def show(self, inputs: Batch) -> dict[str, Tensor]:
        """Real images, and samples of always the same latents."""
        return {"real": inputs["image"], "samples": self.sample(self.shown)}


def check_arguments(
    critic: nn.Module, critic_steps: int, penalties: Mapping[str, Penalty], clip: float | None, unrolled_steps: int
) -> None:
    """What the types don't say.

    Raises:
        InputError: a number out of range, or a penalty on each image's gradient beside a norm that mixes images.
    """
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


@torch.no_grad()
def generate(generator: nn.Module, latents: Tensor) -> Tensor:
    """Images by a network in evaluation mode: batch norm by its running statistics."""
    with evaluating(generator):
        return generator(latents)
