"""Square root with the same digits on every processor."""

import numpy as np
import pytest
import torch

from genlab.engine.square_root import square_root


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_within_two_units_in_the_last_place_of_numpys_which_is_rounded_correctly(dtype):
    values = torch.logspace(-30, 30, 1001, dtype=dtype)
    exact = np.sqrt(values.numpy())
    assert (np.abs(square_root(values).numpy() - exact) <= 2 * np.spacing(exact)).all()


def test_the_root_of_0_is_0_with_a_finite_gradient():
    zero = torch.zeros(3, requires_grad=True)
    square_root(zero).sum().backward()
    assert square_root(zero).eq(0).all() and zero.grad.isfinite().all()


def test_its_first_and_second_derivatives_are_those_of_the_root():
    values = torch.linspace(0.1, 5, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(square_root, values) and torch.autograd.gradgradcheck(square_root, values)
    (slope,) = torch.autograd.grad(square_root(values).sum(), values)
    torch.testing.assert_close(slope, 0.5 / values.detach().sqrt())
