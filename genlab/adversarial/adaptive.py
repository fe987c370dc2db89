"""Adaptive augmentation of the critic's input. Karras et al. 2020 (arXiv:2006.06676).

Real and fake images are distorted alike, each distortion with a probability p below 1, so that the critic can tell the undistorted
distribution from any other and nothing leaks into the samples (section 2.2). p follows the mean sign of the critic's logits for real
images.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genlab.adversarial.affine_maps import differs_from_identity, recolor, resample
from genlab.adversarial.distortions import COLORS, GREY, GROUPS, PLACES
from genlab.engine.stream import Stream
from genlab.engine.updates import Terms
from genlab.errors import InputError


class AdaptiveAugment(nn.Module):
    """Image (N, C, H, W) in [-1, 1] -> distorted image of the same shape. Appendix B; own draws for each image.

    Pixel blitting and geometry are one affine map, colours another, in the paper's order whatever the policy's. An image that is drawn
    no distortion comes back bit for bit. What is drawn is a function of torch's generator and the shape alone, not of p.

    Deviations: the paper resamples at twice the size through a wavelet's low-pass filter, here it is bilinear, once, and the edge
    reflects about the border of the outermost pixels, not about their centres. Grey images (C = 1) have their brightness and contrast
    changed alone: they have no hue nor saturation, and a luma flip would be a negative. An image of several logits counts once.
    """

    def __init__(
        self,
        policy: Sequence[str] = ("blit", "geometry", "color"),  # groups of distortions (the paper's bgc), or single ones: see GROUPS
        target: float = 0.6,  # of E[sign(D(x))] of real images: above it p rises, below it falls (r_t, section 3)
        ramp: float = 500_000,  # real images in which p moves from 0 to 1
        every: int = 4,  # turns between two moves of p
        start: float = 0.0,  # p in the beginning
        ceiling: float = 1.0,  # p never exceeds it; 1: as in the paper, where leaks are unlikely below 0.8 (section 2.2)
    ):
        super().__init__()
        check_arguments(policy, target, ramp, every, start, ceiling)
        chosen = {single for name in policy for single in GROUPS.get(name, (name,))}
        self.places = [(name, draw) for name, draw in PLACES if name in chosen]
        self.colors = [(name, draw) for name, draw in COLORS if name in chosen]
        self.target, self.ramp, self.every, self.ceiling = target, ramp, every, ceiling
        self.register_buffer("probability", torch.tensor(float(start)))  # p
        self.register_buffer("signs", torch.tensor(0.0))  # sum over the real images since p last moved
        self.register_buffer("judged", torch.tensor(0))  # how many these were

    def forward(self, image: Tensor) -> Tensor:
        with torch.autocast(image.device.type, enabled=False):  # in half precision places would be off by a pixel
            if self.places:
                # Maps back, from the result to the image: the last distortion is undone first.
                back = torch.eye(3, device=image.device).expand(len(image), 3, 3)
                for name, draw in self.places:
                    back = back @ self.with_probability(name, draw(image))
                image = torch.where(differs_from_identity(back), resample(image, back), image)
            if self.colors:
                color = torch.eye(4, device=image.device).expand(len(image), 4, 4)
                for name, draw in self.colors:
                    change = self.with_probability(name, draw(image))  # drawn for grey images, too
                    if image.shape[1] == 3 or name in GREY:
                        color = change @ color
                image = torch.where(differs_from_identity(color), recolor(image, color), image)
        return image

    def with_probability(self, name: str, matrix: Tensor) -> Tensor:
        """Each matrix of (N, K, K) with probability p, else the identity."""
        p = self.probability
        if name == "rotate":  # happens twice, once at least with probability p
            p = 1 - (1 - p).sqrt()
        applied = torch.rand(len(matrix), device=matrix.device) < p
        return torch.where(applied[:, None, None], matrix, torch.eye(matrix.shape[1], device=matrix.device))

    @torch.no_grad()
    def observe(self, logits: Tensor) -> None:
        """Count the critic's logits (N, ...) of real images, as it saw them: distorted."""
        self.signs += logits.float().sign().reshape(len(logits), -1).mean(1).sum()
        self.judged += len(logits)

    @torch.no_grad()
    def adapt(self, stream: Stream) -> Terms:
        """An Update: p one step up or down, of as much as the images since the last step allow. Section 3, with r_t of equation 1."""
        if not stream.is_due(self.every) or not self.judged:
            return {}
        overfitting = self.signs / self.judged
        step = (overfitting - self.target).sign() * (self.judged / self.ramp)
        self.probability.copy_((self.probability + step).clamp(0, self.ceiling))
        self.signs.zero_()
        self.judged.zero_()
        return {"probability": self.probability.clone(), "overfitting": overfitting}


def check_arguments(policy: Sequence[str], target: float, ramp: float, every: int, start: float, ceiling: float) -> None:
    """What the types don't say.

    Raises:
        InputError: an unknown or no distortion, or a number out of range.
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
