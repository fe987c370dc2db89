"""Tests of lazy regularisation: the adjustment of Adam, and the order of a network's updates."""

import pytest
import torch

from genlab.adversarial.lazy_regularisation import network_updates


def updates(lazy):
    parameter = torch.nn.Parameter(torch.zeros(1))
    return network_updates("critic", torch.optim.Adam([parameter], 0.002, (0.0, 0.99)), lambda batch: {}, lazy, 16)


def test_adam_takes_the_same_path_length_per_turn_with_one_more_step_in_16():
    """The paper's values for R1 every 16 steps: 0.002 becomes 0.00188, and 0.99 becomes 0.9906 (arXiv:1912.04958, appendix B)."""
    made = updates(lambda batch: {})
    (group,) = made["critic"].optimizer.param_groups
    assert group["lr"] == pytest.approx(0.00188, abs=5e-6) and group["betas"] == (0.0, pytest.approx(0.9906, abs=5e-5))
    assert list(made) == ["critic", "critic_regularisation"] and made["critic_regularisation"].optimizer is made["critic"].optimizer
    assert made["critic_regularisation"].every == 16 and made["critic_regularisation"].shared


def test_without_a_lazy_objective_the_optimizer_is_unchanged():
    made = updates(None)
    assert list(made) == ["critic"] and made["critic"].optimizer.param_groups[0]["lr"] == 0.002
