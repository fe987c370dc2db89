"""Path length regularisation, against closed forms and finite differences."""

import math

import pytest
import torch
from torch import nn

from genlab.adversarial.path_length import PathLength, path_lengths
from genlab.engine.seeding import seed_everything
from genlab.errors import InputError
from genlab.networks import style, stylegan2


def test_path_lengths_of_a_linear_generator_match_the_closed_form():
    """For g(w) = A w the length is |A^T y|. Its mean square is the sum of A's squared entries; for orthogonal columns it hardly varies."""
    seed_everything(0)
    matrix = torch.linalg.qr(torch.randn(400, 50)).Q * 3  # 400 pixels, 50 styles
    w = torch.randn(2000, 50, requires_grad=True)
    lengths = path_lengths((w @ matrix.T).reshape(2000, 1, 20, 20), w)
    assert lengths.square().mean().item() == pytest.approx(matrix.square().sum().item(), rel=0.01)
    assert (lengths.std() / lengths.mean()).item() < 0.12  # chi with 50 degrees of freedom: 0.1


def test_the_penalty_and_its_running_mean_match_hand_computation():
    seed_everything(0)
    penalty = PathLength(weight=2.0, decay=0.9)
    seen = []
    for _ in range(3):
        w = torch.randn(8, 4, requires_grad=True)
        images = (w @ torch.randn(4, 16)).reshape(8, 1, 4, 4)
        state = torch.get_rng_state()
        lengths = path_lengths(images, w)
        torch.set_rng_state(state)
        given = penalty(images, w)
        seen.append(lengths.mean().item())
        weights = [0.9 ** (len(seen) - 1 - number) for number in range(len(seen))]
        mean = sum(weight * value for weight, value in zip(weights, seen, strict=True)) / sum(weights)
        assert penalty.mean.item() == pytest.approx(mean, rel=1e-5)
        assert torch.allclose(given, 2 * (lengths - mean).square(), rtol=1e-3, atol=1e-5)


def test_the_default_weight_is_that_of_the_paper():
    """Appendix B. At 1024 px this is about the weight 2 of the public code, which averages over pixels and 18 layers."""
    assert PathLength().weight_at(1024) == pytest.approx(math.log(2) / (1024**2 * (math.log(1024) - math.log(2))))
    assert PathLength(weight=3.0).weight_at(32) == 3
    with pytest.raises(InputError, match=r"share: got 0, expected"):
        PathLength(share=0)


class Frozen(PathLength):
    """Uses the same y in every call and a constant mean, so that the penalty depends only on the weights."""

    def forward(self, images, styles):
        torch.manual_seed(0)
        return (path_lengths(images, styles) - 1.5).square()


def test_the_penalty_and_its_gradient_match_finite_differences():
    """The penalty contains a gradient, so its own gradient is of second order."""
    seed_everything(0)
    synthesis = stylegan2.Synthesis(8, 1, style_size=3, width=2, most=2).double()
    generator = style.Generator(style.Mapping(3, 3, depth=1).double(), synthesis)
    noise, w = torch.randn(2, generator.noise_size, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64)
    for layer in synthesis.layers:
        nn.init.normal_(layer.strength)

    def length_squared(w):
        """|J^T y|^2 by central differences of y . g(w) along each component of w."""
        torch.manual_seed(0)
        y = torch.randn(2, 1, 8, 8, dtype=torch.float64)
        steps = torch.eye(3, dtype=torch.float64) * 1e-6
        change = [(generator.synthesise(w + step, noise) - generator.synthesise(w - step, noise)) / 2e-6 for step in steps]
        return torch.stack([(each * y).sum((1, 2, 3)) for each in change]).square().sum(0)

    with torch.no_grad():
        expected = (length_squared(w).sqrt() - 1.5).square()
    leaf = w.clone().requires_grad_()
    assert torch.allclose(Frozen()(generator.synthesise(leaf, noise), leaf), expected, rtol=1e-6)

    names = [
        "layers.0.convolution.affine.weight",
        "layers.1.convolution.convolution.weight",
        "to_image.1.bias",
        "constant",
    ]

    def penalty(*weights):
        made = torch.func.functional_call(synthesis, dict(zip(names, weights, strict=True)), (leaf[:, None].expand(-1, 4, -1), noise))
        return Frozen()(made, leaf)

    weights = [synthesis.get_parameter(name).detach().clone().requires_grad_() for name in names]
    assert torch.autograd.gradcheck(penalty, weights, fast_mode=True)
