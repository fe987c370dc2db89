"""pix2pix: translation between two domains with paired images. Isola et al. 2017 (arXiv:1611.07004)."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim.swa_utils import AveragedModel

from genlab.adversarial.adaptive import check_fixed
from genlab.adversarial.handover import Handover
from genlab.engine.average import MovingAverage
from genlab.engine.recipe import Recipe
from genlab.engine.schedules import linear_decay
from genlab.engine.stream import Batch
from genlab.engine.updates import GradientUpdate, Terms
from genlab.errors import InputError
from genlab.losses.adversarial import AdversarialLoss, ranking_accuracy
from genlab.networks.contracts import Translator, require
from genlab.networks.evaluation_mode import evaluation_mode
from genlab.networks.inference import Inference
from genlab.networks.layers.normalise import batch_norms
from genlab.translation.padding import check_sides


class Pix2Pix(Recipe):
    """Paired translation with a generator x -> y, a critic of pairs (x, y), and an L1 loss.

    Minimises L_cGAN(G, D) + l1_weight L_L1(G) (equation 4), with the generator's dropout as noise z. Without a critic, only the L1 term
    remains, the paper's baseline (section 4.2). Each turn updates the generator first, then the critic on the same fakes; in section 3.3
    the critic comes first. Additions to the paper, off by default: a moving average of the generator, which is then used for sampling, an
    augmentation of the critic's input, and a learning-rate decay.

    Raises:
        InputError: the generator lacks an attribute of a Translator, or cannot sample as `sampling` specifies.
    """

    kinds = ("paired",)
    averages_of = (("generator", "average"),)

    def __init__(
        self,
        generator: nn.Module,  # a Translator: x (N, C, H, W) -> y (N, C, H, W), both in [-1, 1]
        critic: nn.Module | None,  # x and y concatenated along channels (N, 2C, H, W) -> logits (N, ...); null: L1 term only
        loss: AdversarialLoss,
        generator_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        critic_optimizer: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        sampling: Inference,  # behaviour of dropout and batch norm when translating, here and in the released model
        direction: Literal["a_to_b", "b_to_a"] = "a_to_b",  # from domain x to domain y
        l1_weight: float = 100.0,  # lambda, equation 4
        critic_weight: float = 0.5,  # of the critic's loss (section 3.3: halved); almost no effect with Adam, which is scale-invariant
        critic_augmentation: nn.Module | None = None,  # differentiable, applied to real and fake pairs
        average_half_life: float = 0.0,  # of the moving average, in images; 0: no moving average
        decay_start: float = 1.0,  # share of the budget after which the learning rates decay linearly to 0
    ):
        super().__init__()
        check_fixed(critic_augmentation)
        require(generator, Translator, "generator")
        self.generator, self.critic, self.loss = generator, critic, loss
        self.sampling, self.directions = sampling, (direction,)
        self.source, self.target = direction.split("_to_")
        self.l1_weight, self.critic_weight, self.decay_start = l1_weight, critic_weight, decay_start
        self.critic_augmentation = critic_augmentation or nn.Identity()
        self.fake = Handover()  # passes the fakes of this turn from the generator's update to the critic's update
        sampling.apply(generator)
        self.updates = {"generator": GradientUpdate(self.generator_objective, generator_optimizer(generator.parameters()))}
        if critic is not None:
            self.updates["critic"] = GradientUpdate(self.critic_objective, critic_optimizer(critic.parameters()))
        self.average: AveragedModel | None = None
        if average_half_life > 0:
            self.average = AveragedModel(generator)
            self.updates["average"] = MovingAverage([self.average], [generator], average_half_life)

    def set_progress(self, progress: float) -> None:
        """Set the learning rates for this share of the budget, in [0, 1]."""
        for update in self.gradient_updates().values():
            update.scale_learning_rate(linear_decay(progress, self.decay_start))

    def logits(self, x: Tensor, y: Tensor) -> Tensor:
        """The critic's logits (N, ...) for augmented pairs of x and y, (N, C, H, W) each."""
        assert self.critic is not None
        logits: Tensor = self.critic(self.critic_augmentation(torch.cat([x, y], 1)))
        return logits

    def generator_objective(self, batch: Batch) -> Terms:
        """Objective of the generator, equation 4."""
        x, y = batch[self.source], batch[self.target]
        fake = self.generator(x)
        terms = {"l1": l1_loss(fake, y)}
        terms["loss"] = self.l1_weight * terms["l1"]
        if self.critic is not None:
            self.fake.put({"fake": fake.detach()})
            terms["adversarial"] = self.loss.generator(self.logits(x, fake), lambda: self.logits(x, y)).mean()
            terms["loss"] = terms["loss"] + terms["adversarial"]
        return terms

    def critic_objective(self, batch: Batch) -> Terms:
        """Objective of the critic (equation 1) on the fakes of the generator's update, which must precede it in `updates`."""
        x, y = batch[self.source], batch[self.target]
        logits = self.logits(x, y), self.logits(x, self.fake.pop()["fake"])
        terms = {"adversarial": self.loss.critic(*logits).mean()}
        terms["loss"] = self.critic_weight * terms["adversarial"]
        with torch.no_grad():
            images = [each.reshape(len(each), -1).mean(1) for each in logits]
            return terms | self.loss.estimates(*logits) | {"accuracy": ranking_accuracy(*images)}

    def check(self, batch: Batch) -> None:
        """Check that the image sides are multiples of the generator's stride and that the networks accept the images.

        Only training requires multiples; translation pads and crops (genlab.translation.padding).

        Raises:
            InputError: a side is not a multiple, or the networks do not accept the images.
        """
        x, y = batch[self.source][:2], batch[self.target][:2]
        check_sides(x, self.source, cast(Translator, self.generator).stride)
        try:
            with torch.no_grad(), evaluation_mode(self):
                fake = self.generator(x)
                if fake.shape != y.shape:
                    raise ValueError(f"the generator makes {' x '.join(map(str, fake.shape[1:]))} of them")
                if self.critic is not None:
                    self.critic(torch.cat([x, fake], 1))
        except (RuntimeError, ValueError) as error:
            shape = " x ".join(map(str, x.shape[1:]))
            raise InputError(
                f"the networks cannot take images of {shape} (channels, height, width): {error}. Change the image set's `size` or "
                "`channels`, or the networks' channels (the critic sees both images of a pair, and so twice as many) or layers."
            ) from error

    def critics(self) -> dict[str, nn.Module]:
        """Return the critic, if there is one, under the name `critic`."""
        return {} if self.critic is None else {"critic": self.critic}

    def generators(self) -> dict[str, nn.Module]:
        """Map the direction to the sampling network (the moving average if enabled)."""
        return {self.directions[0]: self.generator if self.average is None else self.average.module}

    def facts(self) -> dict[str, Any]:
        """Return how the released network samples; `statistics` is None if it has no batch norm."""
        return {"sampling": {**asdict(self.sampling), "statistics": self.sampling.statistics if batch_norms(self.generator) else None}}

    @torch.no_grad()
    def sample(self, images: Tensor, direction: str) -> Tensor:
        """Translate images x (N, C, H, W) in [-1, 1] as specified by `sampling`; dropout, if enabled, uses new noise."""
        generator = self.generators()[direction]
        with evaluation_mode(generator):
            noise = cast(Translator, generator).noise
            translated: Tensor = generator(images) if noise is None else generator(images, noise.draw(images))
            return translated
