"""Adaptive discriminator augmentation: its transforms, how often they apply, and how p adapts."""

import copy
import math

import pytest
import torch
from conftest import parameters

from genlab.adversarial.adaptive import AdaptiveAugment
from genlab.adversarial.distortions import GROUPS
from genlab.build import build
from genlab.errors import InputError

SPATIAL = [*GROUPS["blit"], *GROUPS["geometry"]]
COLORS = GROUPS["color"]


class Turns:
    """A stand-in for a stream: `is_due` always returns `crossing` and records the interval."""

    def __init__(self, crossing: bool = True):
        self.crossing, self.intervals = crossing, []

    def is_due(self, every: int) -> bool:
        self.intervals.append(every)
        return self.crossing


def noise(*shape: int, seed: int = 0, **options) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), **options) * 2 - 1


def augmented(image: torch.Tensor, *policy: str, p: float = 1.0, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return AdaptiveAugment(policy or ("blit", "geometry", "color"), start=p)(image)


def smooth(count: int, height: int, width: int) -> torch.Tensor:
    """Linear ramps (N, 2, H, W): x in channel 0 and y in channel 1, in pixels from the centre. Bilinear sampling of them is exact."""
    x, y = torch.arange(width) - (width - 1) / 2, torch.arange(height) - (height - 1) / 2
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)]).expand(count, 2, height, width)


def linear_part(*policy: str, count: int = 64) -> torch.Tensor:
    """Jacobian of the sampled source coordinates with respect to the output (x, y) at the centre, (N, 2, 2)."""
    seen = augmented(smooth(count, 9, 9), *policy)[:, :, 3:6, 3:6]
    return torch.stack([(seen[:, :, 1, 2] - seen[:, :, 1, 0]) / 2, (seen[:, :, 2, 1] - seen[:, :, 0, 1]) / 2], 2)


# Invariants.


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_p_0_returns_the_image_bit_for_bit(channels, dtype):
    image = noise(8, channels, 12, 12, dtype=dtype)
    assert torch.equal(augmented(image, p=0.0), image)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(12, 12), (10, 16)])
def test_shape_and_type_are_kept_and_values_finite(channels, shape):
    for dtype in (torch.float32, torch.bfloat16):
        image = noise(16, channels, *shape, dtype=dtype)
        after = augmented(image)
        assert after.shape == image.shape and after.dtype == dtype and after.isfinite().all()


def test_autocast_changes_nothing():
    image = noise(16, 3, 12, 12)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augmented(image), augmented(image))
        after = augmented(image)
    assert torch.equal(after, augmented(image))


@pytest.mark.parametrize("policy", [("blit", "geometry", "color"), *[(name,) for name in [*SPATIAL, *COLORS]]])
def test_number_of_random_draws_is_independent_of_p_and_channels(policy):
    after = set()
    for p, channels in ((0.0, 3), (0.5, 3), (1.0, 3), (1.0, 1)):
        augmented(noise(5, channels, 8, 8), *policy, p=p)
        after.add(torch.rand(()).item())
    assert len(after) == 1


def test_augmentation_of_an_image_is_independent_of_the_batch():
    """The transform of one image does not depend on the other images."""
    image = noise(6, 3, 12, 12)
    others = torch.cat([image[:3], noise(3, 3, 12, 12, seed=1)])
    assert torch.equal(augmented(image)[:3], augmented(others)[:3])


# Frequency.


@pytest.mark.parametrize(
    ("name", "share"),  # fraction of draws that change the image
    [(name, {"flip": 1 / 2, "luma_flip": 1 / 2, "turn": 3 / 4}.get(name, 1.0)) for name in [*SPATIAL, *COLORS] if name != "shift"],
)
def test_fraction_of_changed_images_matches_p(name, share):
    count, p = 2000, 0.3
    image = noise(count, 3, 4, 4)
    changed = (augmented(image, name, p=p, seed=1) != image).flatten(1).any(1).sum().item()
    expected = p * share  # also for the rotation, which is drawn twice
    assert abs(changed - count * expected) < 4 * math.sqrt(count * expected * (1 - expected))


# Spatial transforms.


def test_a_flip_mirrors_left_and_right_or_nothing():
    image = noise(40, 3, 11, 16)
    mirrored = 0
    for before, after in zip(image, augmented(image, "flip"), strict=True):
        if not torch.equal(before, after):
            torch.testing.assert_close(after, before.flip(2), atol=1e-5, rtol=0)
            mirrored += 1
    assert 10 < mirrored < 30


def test_a_turn_is_a_multiple_of_90_degrees_and_all_four_occur():
    image = noise(40, 3, 13, 13)
    seen = set()
    for before, after in zip(image, augmented(image, "turn"), strict=True):
        found = [quarters for quarters in range(4) if torch.allclose(after, before.rot90(quarters, (1, 2)), atol=1e-5)]
        assert len(found) == 1
        seen.update(found)
    assert seen == {0, 1, 2, 3}


def test_a_shift_is_by_whole_pixels_and_reflects_at_the_edge():
    image = noise(150, 1, 16, 24)
    around = torch.cat([image.flip(3), image, image.flip(3)], 3)
    around = torch.cat([around.flip(2), around, around.flip(2)], 2)  # mirror images on all sides
    seen = set()
    for surroundings, after in zip(around, augmented(image, "shift"), strict=True):
        windows = surroundings[0].unfold(0, 16, 1).unfold(1, 24, 1)
        rows, columns = (windows - after[0]).abs().amax((2, 3)).lt(1e-5).nonzero().unbind(1)
        assert len(rows) == 1
        seen.add((rows.item() - 16, columns.item() - 24))
    rows, columns = ({place[axis] for place in seen} for axis in (0, 1))
    assert rows == set(range(-2, 3)) and columns == set(range(-3, 4))  # 16 / 8 and 24 / 8


def test_scaling_keeps_angles_stretching_keeps_areas_and_rotation_keeps_both():
    eye = torch.eye(2)
    scaled, stretched, rotated = linear_part("scale"), linear_part("stretch"), linear_part("rotate")
    torch.testing.assert_close(scaled, scaled[:, :1, :1] * eye, atol=1e-4, rtol=0)
    torch.testing.assert_close(stretched * (1 - eye), torch.zeros(64, 2, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.linalg.det(stretched), torch.ones(64), atol=1e-3, rtol=0)
    torch.testing.assert_close(rotated @ rotated.mT, eye.expand(64, 2, 2), atol=1e-3, rtol=0)
    torch.testing.assert_close(torch.linalg.det(rotated), torch.ones(64), atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", ["scale", "stretch"])
def test_factors_are_lognormal(name):
    factor = linear_part(name, count=2000)[:, 0, 0].log2()
    assert factor.mean().item() == pytest.approx(0, abs=4 * 0.2 / math.sqrt(2000))
    assert factor.std().item() == pytest.approx(0.2, rel=4 / math.sqrt(4000))


def test_standard_deviation_of_a_slide_is_an_eighth_of_each_side():
    count = 500
    middle = augmented(smooth(count, 33, 65), "slide")[:, :, 16, 32]  # displacement in pixels
    assert (middle.abs() < torch.tensor([32.0, 16.0])).all()  # so nothing was reflected
    for moved, side in zip(middle.T, (65, 33), strict=True):
        assert moved.mean().item() == pytest.approx(0, abs=4 * side / 8 / math.sqrt(count))
        assert moved.std().item() == pytest.approx(side / 8, rel=4 / math.sqrt(2 * count))
    assert torch.corrcoef(middle.T)[0, 1].abs() < 4 / math.sqrt(count)


def test_blitting_comes_before_geometry():
    """The centre of the output comes from a whole pixel at any scale; if scaling came first, the shift would be scaled as well."""
    middle = augmented(smooth(50, 33, 33), "scale", "shift")[:, :, 16, 16]
    torch.testing.assert_close(middle, middle.round(), atol=1e-4, rtol=0)
    assert middle.abs().max() == pytest.approx(4, abs=1e-4)  # 33 / 8


def test_a_stretch_has_any_direction_after_a_rotation():
    """The stretch axis is a right singular vector of the inverse map. For a uniform angle, the unit vector at twice it has mean 0."""
    axis = torch.linalg.svd(linear_part("rotate", "stretch", count=2000)).Vh[:, 0]
    doubled = torch.stack([axis[:, 0] ** 2 - axis[:, 1] ** 2, 2 * axis[:, 0] * axis[:, 1]])
    assert (doubled.mean(1).abs() < 4 / math.sqrt(4000)).all()


# Colour transforms.


def test_brightness_adds_and_contrast_multiplies_uniformly():
    for channels in (1, 3):
        image = noise(2000, channels, 3, 3)
        added = (augmented(image, "brightness") - image).flatten(1)
        factor = (augmented(image, "contrast") / image).flatten(1)
        torch.testing.assert_close(added, added[:, :1].expand_as(added), atol=1e-6, rtol=0)
        torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), atol=0, rtol=1e-5)
        for drawn, sigma in ((added[:, 0], 0.2), (factor[:, 0].log2(), 0.5)):
            assert drawn.mean().item() == pytest.approx(0, abs=4 * sigma / math.sqrt(2000))
            assert drawn.std().item() == pytest.approx(sigma, rel=4 / math.sqrt(4000))


def test_contrast_comes_after_brightness():
    """(x + b) c: the difference of two greys gives c, and black becomes (b - 1) c, where b is the same as without contrast."""
    grey = torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 3).expand(50, 3, 1, 3)
    both = augmented(grey, "brightness", "contrast")[:, 0, 0]
    torch.testing.assert_close(both[:, 1] - both[:, 0], both[:, 2] - both[:, 1])  # linear
    c, b = (both[:, 2] - both[:, 0]) / 2, both[:, 1] / ((both[:, 2] - both[:, 0]) / 2)
    assert b.std().item() == pytest.approx(0.2, rel=0.4)  # for x c + b, the spread of b / c would be larger: 0.2 x 1.27
    alone = augmented(grey, "brightness")[:, 0, 0, 1]
    torch.testing.assert_close(b, alone, atol=1e-5, rtol=0)  # brightness is drawn first
    assert (c > 0).all()


def test_hue_and_saturation_keep_luma_and_grey():
    image = noise(64, 3, 4, 4)
    grey = image[:, :1].expand(-1, 3, -1, -1)
    for name in ("hue", "saturation"):
        torch.testing.assert_close(augmented(image, name).mean(1), image.mean(1), atol=1e-6, rtol=0)
        torch.testing.assert_close(augmented(grey, name), grey, atol=1e-5, rtol=0)


def test_saturation_scales_the_distance_from_grey_and_hue_keeps_it():
    image = noise(2000, 3, 2, 2)
    distance = (image - image.mean(1, keepdim=True)).norm(dim=1).flatten(1)
    saturated, turned = (augmented(image, name) for name in ("saturation", "hue"))
    factor = (saturated - image.mean(1, keepdim=True)).norm(dim=1).flatten(1) / distance
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), atol=1e-4, rtol=1e-4)
    assert factor[:, 0].log2().std().item() == pytest.approx(1, rel=4 / math.sqrt(4000))
    torch.testing.assert_close((turned - image.mean(1, keepdim=True)).norm(dim=1).flatten(1), distance, atol=1e-5, rtol=0)


def test_hue_turns_pure_red_by_any_angle():
    """Red minus its mean, 1/3, is (2, -1, -1) / 3. Rotated by t, its channel k is 2/3 cos(t - 2 pi k / 3)."""
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(400, 3, 1, 1)
    parts = augmented(red, "hue")[:, :, 0, 0] - 1 / 3
    angle = torch.atan2((parts[:, 1] - parts[:, 2]) / math.sqrt(3), parts[:, 0])
    for channel in range(3):
        expected = 2 / 3 * torch.cos(angle - math.tau / 3 * channel)
        torch.testing.assert_close(parts[:, channel], expected, atol=1e-6, rtol=0)
    assert angle.histc(4, -math.pi, math.pi).min() > 100 - 4 * math.sqrt(400 * 3 / 16)


def test_a_luma_flip_negates_luma_and_keeps_chroma():
    image = noise(64, 3, 4, 4)
    luma = image.mean(1, keepdim=True)
    flips = 0
    for before, grey, after in zip(image, luma, augmented(image, "luma_flip"), strict=True):
        if not torch.equal(before, after):
            torch.testing.assert_close(after, before - 2 * grey, atol=1e-6, rtol=0)
            flips += 1
    assert 16 < flips < 48


def test_hue_saturation_and_luma_flip_keep_grey_images():
    image = noise(32, 1, 4, 4)
    assert torch.equal(augmented(image, "luma_flip", "hue", "saturation"), image)
    after = augmented(image, "color").flatten(1)
    assert torch.equal(after.argsort(1), image.flatten(1).argsort(1))  # the order of intensities is kept


def test_colour_transforms_keep_a_constant_image_constant():
    after = augmented(noise(8, 3, 1, 1).expand(8, 3, 6, 6), "color").flatten(2)
    torch.testing.assert_close(after, after[:, :, :1].expand_as(after))


# Gradients.


@pytest.mark.parametrize("channels", [1, 3])
def test_first_and_second_derivatives_match_finite_differences(channels):
    """Penalties on the critic's gradient differentiate through the augmentation twice."""
    image = noise(3, channels, 3, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda image: augmented(image, p=0.7), image, fast_mode=channels == 3)
    assert torch.autograd.gradgradcheck(lambda image: augmented(image, p=0.7).pow(3), image, fast_mode=True)


# Adaptation of p.


def test_p_rises_while_the_critic_is_confident_and_falls_otherwise():
    augment = AdaptiveAugment(ramp=1000, start=0.5)
    for logits, expected in ((torch.ones(32), 0.532), (-torch.ones(32), 0.5), (torch.tensor([3.0, -0.1]), 0.498)):
        augment.observe(logits)
        terms = augment.adapt(Turns())
        assert augment.probability.item() == pytest.approx(expected, abs=1e-7)
        assert terms["probability"] == augment.probability and terms["overfitting"] == logits.sign().mean()
        assert augment.signs == 0 and augment.judged == 0


@pytest.mark.parametrize(("positive", "moved"), [(7, -10), (8, 0), (9, 10)])  # of 10; r = 0.4, 0.6, 0.8
def test_p_moves_towards_its_target(positive, moved):
    augment = AdaptiveAugment(ramp=100, start=0.5, target=0.6)
    augment.observe(torch.tensor([5.0] * positive + [-0.01] * (10 - positive)))
    augment.adapt(Turns())
    assert augment.probability.item() == pytest.approx(0.5 + moved / 100)


def test_p_stays_between_0_and_its_ceiling():
    augment = AdaptiveAugment(ramp=10, start=0.5, ceiling=0.75)
    for logits, expected in ((torch.ones(6), 0.75), (-torch.ones(9), 0.0)):
        augment.observe(logits)
        augment.adapt(Turns())
        assert augment.probability == expected


def test_p_changes_only_on_due_turns_and_after_observations():
    augment, early = AdaptiveAugment(ramp=100, every=3), Turns(crossing=False)
    assert augment.adapt(Turns()) == {}
    augment.observe(torch.ones(5))
    assert augment.adapt(early) == {} and early.intervals == [3] and augment.probability == 0
    augment.observe(torch.ones(5))
    augment.adapt(Turns())
    assert augment.probability.item() == pytest.approx(0.1)


def test_an_image_with_many_logits_counts_once():
    patches = noise(6, 1, 4, 4) - 0.3
    augment = AdaptiveAugment(ramp=100, start=0.5)
    augment.observe(patches)
    terms = augment.adapt(Turns())
    assert terms["overfitting"].item() == pytest.approx(patches.sign().mean().item())
    assert augment.probability.item() == pytest.approx(0.5 - 6 / 100)


def test_observed_logits_keep_no_autograd_graph():
    augment = AdaptiveAugment()
    augment.observe(torch.ones(4, requires_grad=True) * 2)
    assert not augment.signs.requires_grad


def test_p_continues_identically_when_resumed_within_an_interval():
    one, other = (AdaptiveAugment(ramp=777, start=start) for start in (0.3, 0.0))
    one.observe(noise(13, seed=3) + 0.9)
    other.load_state_dict(one.state_dict())
    for augment in (one, other):
        augment.observe(noise(13, seed=4) + 0.9)
        augment.adapt(Turns())
    assert one.probability != 0.3 and torch.equal(one.probability, other.probability)
    image = noise(8, 3, 8, 8)
    torch.manual_seed(0)
    expected = one(image)
    torch.manual_seed(0)
    assert torch.equal(other(image), expected)


# Errors.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"policy": ["colour"]}, r"'colour' is unknown\. It has: blit, geometry, color, flip, turn, shift, scale"),
        ({"policy": []}, "policy is empty, expected some of: blit"),
        ({"target": 1.0}, "target: got 1.0, expected"),
        ({"ramp": 0}, "ramp: got 0, expected a positive"),
        ({"every": 0}, "every: got 0, expected at least 1"),
        ({"ceiling": 1.5}, "ceiling: got 1.5, expected"),
        ({"start": -0.1}, "start: got -0.1, expected"),
        ({"start": 0.9, "ceiling": 0.8}, "start: got 0.9, expected a probability from 0 to the ceiling, 0.8"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        AdaptiveAugment(**wrong)


def test_pairs_of_images_allow_spatial_but_not_colour_transforms():
    pairs = noise(4, 6, 8, 8)
    assert augmented(pairs, "blit", "geometry").shape == pairs.shape
    with pytest.raises(InputError, match=r"6 channels, expected 1 .*Leave `color`"):
        augmented(pairs, "color")


@pytest.mark.parametrize("recipe", ["gan", "pix2pix", "cyclegan"])
def test_a_recipe_that_does_not_adapt_needs_a_probability(recipe):
    description = copy.deepcopy(parameters("test")[recipe]["model"])
    description["critic_augmentation"] = {"class": "genlab.adversarial.adaptive.AdaptiveAugment"}
    with pytest.raises(InputError, match=r"critic_augmentation: AdaptiveAugment with start 0 has no effect in this recipe"):
        build(description)
    description["critic_augmentation"]["start"] = 0.2
    assert float(build(description).critic_augmentation.probability) == pytest.approx(0.2)
