"""Tests of layers that compare the images of a batch: minibatch discrimination and deviation."""

import math

import pytest
import torch

from genlab.networks.layers.minibatch import MinibatchDeviation, MinibatchDiscrimination


def test_minibatch_discrimination_is_its_double_sum():
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(3, 2, kernels=4, dimensions=5).double()
    features = torch.randn(6, 3, 2, 2, dtype=torch.float64)
    result = layer(features)
    assert torch.equal(result[:, :3], features)
    matrices = (features.flatten(1) @ layer.projection.flatten(1)).reshape(6, 4, 5)
    for i in range(6):
        for b in range(4):
            expected = sum(math.exp(-(matrices[i, b] - matrices[j, b]).abs().sum().item()) for j in range(6) if j != i)
            assert result[i, 3 + b].flatten().tolist() == pytest.approx([expected] * 4)


def test_minibatch_discrimination_of_equal_images_counts_the_others():
    layer = MinibatchDiscrimination(3, 2, kernels=4)
    assert torch.allclose(layer(torch.randn(1, 3, 2, 2).repeat(5, 1, 1, 1))[:, 3:], torch.tensor(4.0))


@pytest.mark.parametrize(("count", "groups"), [(8, [[0, 2, 4, 6], [1, 3, 5, 7]]), (6, [[0, 1, 2, 3, 4, 5]])])
def test_minibatch_deviation_is_the_mean_deviation_of_its_group(count, groups):
    torch.manual_seed(0)
    features = torch.randn(count, 3, 2, 2)
    result = MinibatchDeviation(3, 2)(features)
    assert torch.equal(result[:, :3], features)
    for group in groups:
        expected = features[group].std(0, unbiased=False).mean()
        assert torch.allclose(result[group, 3], expected, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_minibatch_deviation_of_equal_images_has_a_finite_gradient_in_half_precision(dtype):
    features = torch.ones(4, 3, 2, 2, dtype=dtype, requires_grad=True)
    result = MinibatchDeviation(3, 2)(features)
    result[:, 3].sum().backward()
    assert result.dtype == dtype and features.grad.isfinite().all()
