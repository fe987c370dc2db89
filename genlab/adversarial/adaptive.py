"""Adaptive augmentation of the critic's input. Karras et al. 2020 (arXiv:2006.06676).

Real and fake images are distorted alike. Each distortion is applied with a probability p < 1, so that the undistorted distribution can be
identified from the distorted one and the distortions do not leak into the samples (section 2.2). p is controlled by the mean sign of the
critic's logits for real images.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlab.adversarial.affine_maps import differs_from_identity, recolor, resample
from genlab.adversarial.distortions import COLORS, GREY, GROUPS, PLACES
from genlab.engine import parts
from genlab.engine.remembered import Remembered
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError


class AdaptiveAugment(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> distorted image of the same shape, with independent draws for each image. Appendix B.

    Pixel blitting and geometry are combined into one affine map, colours into another, always in the paper's order. Images to which no
    distortion is applied are returned bit for bit. The random draws depend on torch's generator and the input's shape only, not on p.

    Deviations: the paper resamples at twice the size with a wavelet low-pass filter; here one bilinear interpolation is used, and images
    are reflected at the outer edge of the border pixels, not at their centres. Grey images (C = 1) change in brightness and contrast only:
    they have no hue or saturation, and a luma flip would give a negative. An image with several logits counts once.

    Raises:
        InputError: an empty policy, an unknown distortion, or a number out of range.
    """

    probability: Tensor
    signs: Tensor
    judged: Tensor

    def __init__(
        self,
        policy: Sequence[str] = ("blit", "geometry", "color"),  # names of groups (the paper's bgc) or of single distortions, see GROUPS
        target: float = 0.6,  # E[sign(D(x))] over real images above which p rises and below which it falls (r_t, section 3)
        ramp: float = 500_000,  # number of real images in which p can move from 0 to 1
        every: int = 4,  # turns between two adjustments of p
        start: float = 0.0,  # initial p
        ceiling: float = 1.0,  # largest p; 1: as in the paper, where leaks are unlikely below 0.8 (section 2.2)
    ):
        super().__init__()
        check_arguments(policy, target, ramp, every, start, ceiling)
        chosen = {single for name in policy for single in GROUPS.get(name, (name,))}
        self.places = [(name, draw) for name, draw in PLACES if name in chosen]
        self.colors = [(name, draw) for name, draw in COLORS if name in chosen]
        self.target, self.ramp, self.every, self.ceiling = target, ramp, every, ceiling
        self.register_buffer("probability", torch.tensor(float(start)))  # p
        self.register_buffer("signs", torch.tensor(0.0))  # sum over the real images since the last adjustment of p
        self.register_buffer("judged", torch.tensor(0))  # number of these images
        self.number = Remembered()  # `judged`

    def forward(self, image: Tensor) -> Tensor:
        with torch.autocast(image.device.type, enabled=False):  # in half precision, positions would be off by a pixel
            if self.places:
                # Inverse map, from the output to the input: the last distortion is undone first.
                back = torch.eye(3, device=image.device).expand(len(image), 3, 3)
                for name, draw in self.places:
                    back = back @ self.with_probability(name, draw(image))
                image = torch.where(differs_from_identity(back), resample(image, back), image)
            if self.colors:
                color = torch.eye(4, device=image.device).expand(len(image), 4, 4)
                for name, draw in self.colors:
                    change = self.with_probability(name, draw(image))  # also drawn for grey images, so that the draws do not depend on C
                    if image.shape[1] == 3 or name in GREY:
                        color = change @ color
                image = torch.where(differs_from_identity(color), recolor(image, color), image)
        return image

    def with_probability(self, name: str, matrix: Tensor) -> Tensor:
        """Keep each matrix of (N, K, K) with probability p, and replace it by the identity otherwise."""
        p = self.probability
        if name == "rotate":  # applied twice; the probability that at least one rotation happens is p
            p = 1 - (1 - p).sqrt()
        applied = torch.rand(len(matrix), device=matrix.device) < p
        return torch.where(applied[:, None, None], matrix, torch.eye(matrix.shape[1], device=matrix.device))

    @torch.no_grad()
    def observe(self, logits: Tensor) -> None:
        """Accumulate the signs of the critic's logits (N, ...) for distorted real images.

        A part of a batch counts as if the whole batch were like it, since buffers are averaged over parts.
        """
        whole = parts.count(len(logits))
        self.signs += logits.float().sign().reshape(len(logits), -1).mean(1).sum() * (whole // len(logits))
        self.number.set(self.judged, self.number.read(self.judged) + whole)

    @torch.no_grad()
    def adapt(self, stream: Stream) -> Terms:
        """Update p by one step up or down, proportional to the number of images since the last step. Section 3, r_t of equation 1.

        Returns {} if no step is due, else `probability` (p) and `overfitting` (r_t).
        """
        if not stream.is_due(self.every) or not self.number.read(self.judged):
            return {}
        overfitting = self.signs / self.judged
        step = (overfitting - self.target).sign() * (self.judged / self.ramp)
        self.probability.copy_((self.probability + step).clamp(0, self.ceiling))
        self.signs.zero_()
        self.number.set(self.judged, 0)
        return {"probability": self.probability.clone(), "overfitting": overfitting}


def check_fixed(augmentation: nn.Module | None) -> None:
    """Check an augmentation of a recipe that does not adapt p, which then stays `start`.

    Raises:
        InputError: p is 0, so that the augmentation would have no effect.
    """
    if isinstance(augmentation, AdaptiveAugment) and float(augmentation.probability) == 0:
        raise InputError(
            "critic_augmentation: AdaptiveAugment with start 0 has no effect in this recipe, since only StyleGAN and StyleGAN2 adapt its "
            "probability. Set `start` above 0 for a fixed probability, or use genlab.adversarial.diffaugment.DiffAugment."
        )


def check_arguments(policy: Sequence[str], target: float, ramp: float, every: int, start: float, ceiling: float) -> None:
    """Check the arguments of `AdaptiveAugment`.

    Raises:
        InputError: an empty policy, an unknown distortion, or a number out of range.
    """
    known = [*GROUPS, *(single for singles in GROUPS.values() for single in singles)]
    if not policy:
        raise InputError(
            f"AdaptiveAugment: policy is empty, expected some of: {', '.join(known)}. Name them, or leave the augmentation out."
        )
    for name in policy:
        if name not in known:
            raise InputError(f"AdaptiveAugment: policy '{name}' is unknown. It has: {', '.join(known)}.")
    if not -1 < target < 1:
        raise InputError(f"target: got {target}, expected a mean of signs between -1 and 1. The paper's is 0.6.")
    if not ramp > 0:
        raise InputError(f"ramp: got {ramp}, expected a positive number of images. The paper's is 500,000.")
    if every < 1:
        raise InputError(f"every: got {every}, expected at least 1 turn. The paper's is 4.")
    if not 0 < ceiling <= 1:
        raise InputError(f"ceiling: got {ceiling}, expected a probability above 0. Take 1 for none.")
    if not 0 <= start <= ceiling:
        raise InputError(f"start: got {start}, expected a probability from 0 to the ceiling, {ceiling}. Lower it, or raise `ceiling`.")
