"""Differentiable augmentation: each transform, gradients, and unknown policies."""

import pytest
import torch

from genlab.adversarial.diffaugment import DiffAugment
from genlab.errors import InputError


def test_translation_shifts_whole_pixels_and_fills_with_zero():
    torch.manual_seed(0)
    image = torch.zeros(64, 1, 16, 16)
    image[:, :, 8, 8] = 1
    moved = DiffAugment(["translation"])(image)
    places = moved.flatten(1).nonzero()
    assert len(places) == 64  # still one pixel per image
    rows, columns = places[:, 1] // 16 - 8, places[:, 1] % 16 - 8
    assert set(rows.tolist()) == set(columns.tolist()) == {-2, -1, 0, 1, 2}  # 16 x 0.125


def test_cutout_blanks_one_rectangle():
    torch.manual_seed(0)
    holes = DiffAugment(["cutout"])(torch.ones(200, 1, 16, 16)) == 0
    assert holes.flatten(1).sum(1).max() == 64  # 8 x 8 if entirely inside the image
    assert holes.flatten(1).any(1).all()


def test_the_gradient_passes_through_every_transform():
    torch.manual_seed(0)
    image = torch.rand(4, 3, 16, 16, requires_grad=True)
    DiffAugment()(image).square().sum().backward()
    assert image.grad.abs().flatten(1).sum(1).gt(0).all()


def test_colour_transforms_are_affine_in_grey_values():
    """Brightness, saturation and contrast are affine in an image's grey values, so the correlation of before and after is 1."""
    torch.manual_seed(0)
    image = torch.rand(8, 3, 16, 16) * 2 - 1
    grey, after = image.mean(1).flatten(1), DiffAugment(["color"])(image).mean(1).flatten(1)
    for before, now in zip(grey, after, strict=True):
        assert torch.corrcoef(torch.stack([before, now]))[0, 1] == pytest.approx(1, abs=1e-4)


def test_an_unknown_policy_is_named():
    with pytest.raises(InputError, match=r"'colour' is unknown\. It has: color, translation, cutout"):
        DiffAugment(["colour"])
