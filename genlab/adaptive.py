"""Adaptive augmentation of what a critic sees (Karras et al. 2020, arXiv:2006.06676).

Reals and fakes are distorted alike, each distortion with a probability p below 1, so that the critic can tell the undistorted
distribution from any other and nothing leaks into the samples (section 2.2). p follows how sure the critic is of the real images.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, pad

from genlab.engine import Stream, Terms
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
                    back = back @ self.sometimes(name, draw(image))
                image = torch.where(touched(back), resample(image, back), image)
            if self.colors:
                color = torch.eye(4, device=image.device).expand(len(image), 4, 4)
                for name, draw in self.colors:
                    change = self.sometimes(name, draw(image))  # drawn for grey images, too
                    if image.shape[1] == 3 or name in GREY:
                        color = change @ color
                image = torch.where(touched(color), recolor(image, color), image)
        return image

    def sometimes(self, name: str, matrix: Tensor) -> Tensor:
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
        if not stream.crosses(self.every) or not self.judged:
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


def touched(matrix: Tensor) -> Tensor:
    """Whether each of (N, K, K) is not the identity, (N, 1, 1, 1)."""
    return (matrix != torch.eye(matrix.shape[1], device=matrix.device)).flatten(1).any(1)[:, None, None, None]


def resample(image: Tensor, back: Tensor) -> Tensor:
    """The image at the places that `back` (N, 3, 3) leads to, in pixels from its middle; (x, y, 1), y downwards."""
    height, width = image.shape[2:]
    exact = image.to(torch.promote_types(image.dtype, torch.float32))  # grid_sample takes one type: half a grid is no grid
    unit = torch.tensor([width / 2, height / 2, 1], device=image.device)  # affine_grid's, in pixels: its sides are from -1 to 1
    places = affine_grid((back * unit / unit[:, None])[:, :2].to(exact.dtype), list(image.shape), align_corners=False)
    return grid_sample(exact, places, "bilinear", "reflection", align_corners=False).to(image.dtype)


def recolor(image: Tensor, color: Tensor) -> Tensor:
    """Each pixel's (channels, 1) times the matrix (N, 4, 4)."""
    channels = image.shape[1]
    if channels not in (1, 3):
        raise InputError(
            f"AdaptiveAugment: got images of {channels} channels, expected 1 (grey) or 3 (RGB) for their colours to be changed. "
            "Leave `color` and its members out of the policy."
        )
    exact = image.to(torch.promote_types(image.dtype, torch.float32))
    color = color.to(exact.dtype)
    mixed = torch.baddbmm(color[:, :channels, 3:], color[:, :channels, :channels], exact.flatten(2))
    return mixed.unflatten(2, image.shape[2:]).to(image.dtype)


# Places. Image (N, C, H, W) -> the way back from the distorted image to it, (N, 3, 3): the inverse of the paper's matrix.


def flip(image: Tensor) -> Tensor:
    """Mirrored or not, left to right: when applied, one in two."""
    return scaling(1 - 2 * (uniform(image) * 2).floor(), torch.ones(len(image), device=image.device))


def turn(image: Tensor) -> Tensor:
    """0, 1, 2 or 3 quarter turns."""
    quarters = (uniform(image) * 4).floor()
    # Whole numbers, which the cosine of a rounded pi / 2 isn't: 1, 0, -1, 0 and 0, 1, 0, -1.
    return rotation((1 - quarters) * (quarters != 3), (2 - quarters) * (quarters != 0))


def shift(image: Tensor) -> Tensor:
    """Whole pixels, up to an eighth of each side."""
    x, y = ((side * 0.25 * (uniform(image) - 0.5)).round() for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


def scale(image: Tensor) -> Tensor:
    """Both sides alike, lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, factor)


def rotate(image: Tensor) -> Tensor:
    """By any angle."""
    angle = math.tau * uniform(image)
    return rotation(angle.cos(), angle.sin())


def stretch(image: Tensor) -> Tensor:
    """One side by s, the other by 1 / s, lognormal with sigma = 0.2 ln 2."""
    factor = torch.exp2(-0.2 * normal(image))
    return scaling(factor, 1 / factor)


def slide(image: Tensor) -> Tensor:
    """Parts of pixels, too: N(0, 0.125^2) of each side."""
    x, y = (side * 0.125 * normal(image) for side in (image.shape[3], image.shape[2]))
    return translation(x, y)


# Colours. Image (N, C, H, W) -> what (red, green, blue, 1) is multiplied by, (N, 4, 4). Luma is the mean of the three.


def brightness(image: Tensor) -> Tensor:
    """All channels + N(0, 0.2^2)."""
    return pad(normal(image)[:, None, None].expand(-1, 3, 1) * 0.2, (3, 0, 0, 1)) + torch.eye(4, device=image.device)


def contrast(image: Tensor) -> Tensor:
    """All channels times a lognormal with sigma = 0.5 ln 2: 0 is the middle."""
    return mixing(torch.exp2(0.5 * normal(image))[:, None, None] * torch.eye(3, device=image.device))


def luma_flip(image: Tensor) -> Tensor:
    """Light becomes dark and hue stays, or not: when applied, one in two. The paper's Householder reflection."""
    flipped = (uniform(image) * 2).floor()
    return mixing(torch.eye(3, device=image.device) - 2 * flipped[:, None, None] * luma(image))


def hue(image: Tensor) -> Tensor:
    """Rotated about the axis of greys, by any angle (Rodrigues' formula)."""
    angle = (math.tau * uniform(image))[:, None, None]
    eye = torch.eye(3, device=image.device)
    across = (eye.roll(1, 0) - eye.roll(-1, 0)) / math.sqrt(3)  # the cross product with the axis
    return mixing(luma(image) + angle.cos() * (eye - luma(image)) + angle.sin() * across)


def saturation(image: Tensor) -> Tensor:
    """What differs from the grey of the same luma, times a lognormal with sigma = ln 2."""
    factor = torch.exp2(normal(image))[:, None, None]
    return mixing(luma(image) + factor * (torch.eye(3, device=image.device) - luma(image)))


# In the paper's order. Each member of a policy stands for all of its name.
PLACES: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("flip", flip),
    ("turn", turn),
    ("shift", shift),
    ("scale", scale),
    ("rotate", rotate),
    ("stretch", stretch),
    ("rotate", rotate),  # so that the stretch has any direction
    ("slide", slide),
]
COLORS: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("brightness", brightness),
    ("contrast", contrast),
    ("luma_flip", luma_flip),
    ("hue", hue),
    ("saturation", saturation),
]
GROUPS = {
    "blit": ("flip", "turn", "shift"),
    "geometry": ("scale", "rotate", "stretch", "slide"),
    "color": ("brightness", "contrast", "luma_flip", "hue", "saturation"),
}
GREY = ("brightness", "contrast")  # what an image of one channel has


def uniform(image: Tensor) -> Tensor:
    """U(0, 1), one an image, (N,), in single precision whatever the image's."""
    return torch.rand(len(image), device=image.device)


def normal(image: Tensor) -> Tensor:
    """N(0, 1), one an image, (N,), in single precision whatever the image's."""
    return torch.randn(len(image), device=image.device)


def scaling(x: Tensor, y: Tensor) -> Tensor:
    """(N,), (N,) -> (N, 3, 3)."""
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], 1))


def rotation(cosine: Tensor, sine: Tensor) -> Tensor:
    """(N,), (N,) -> (N, 3, 3)."""
    turned = torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)
    return pad(turned, (0, 1, 0, 1)) + pad(torch.ones_like(turned[:, :1, :1]), (2, 0, 2, 0))


def translation(x: Tensor, y: Tensor) -> Tensor:
    """(N,), (N,) -> (N, 3, 3)."""
    return pad(torch.stack([x, y], 1)[:, :, None], (2, 0, 0, 1)) + torch.eye(3, device=x.device)


def mixing(matrix: Tensor) -> Tensor:
    """(N, 3, 3) -> (N, 4, 4), with a 1 in the corner."""
    return pad(matrix, (0, 1, 0, 1)) + pad(torch.ones_like(matrix[:, :1, :1]), (3, 0, 3, 0))


def luma(image: Tensor) -> Tensor:
    """A colour to the grey of its luma, (3, 3): v v^T for the paper's axis v = (1, 1, 1) / sqrt 3."""
    return torch.full((3, 3), 1 / 3, device=image.device)
