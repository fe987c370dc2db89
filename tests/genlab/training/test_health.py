"""Tests of findings about the health of adversarial training."""

import pytest
import torch

from genlab.losses import adversarial
from genlab.training.health import ROWS, Watch, findings


def rows(count=ROWS, **columns):
    """History of `count` rows; each column is a constant or a function of the row number."""
    names = {name.replace("__", "/"): value for name, value in columns.items()}
    return [{"images": i, **{name: value(i) if callable(value) else value for name, value in names.items()}} for i in range(count)]


def named(history, bounded=True):
    return [finding.name for finding in findings(history, bounded)]


def test_healthy_training_has_no_findings():
    noise = torch.randn(100, generator=torch.Generator().manual_seed(0)).tolist()
    healthy = rows(60, critic__adversarial=lambda i: 1.2 + 0.1 * noise[i], generator__adversarial=lambda i: 0.9, health__diversity=0.9)
    assert all(named(healthy[:count]) == [] for count in range(60))
    falling = rows(40, critic__adversarial=lambda i: 2 * 0.9**i + 0.3, generator__adversarial=lambda i: 3 * 0.8**i)
    assert all(named(falling[:count]) == [] for count in range(40))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("critic_saturated", {"critic__adversarial": 1e-3}),
        ("diversity_collapsed", {"critic__adversarial": 1.0, "health__diversity": 0.1}),
        ("oscillation", {"critic__adversarial": 1.0, "generator__adversarial": lambda i: 3 + 2.5 * (-1) ** i}),
    ],
)
def test_each_problem_is_reported_once(name, columns):
    history = rows(**columns)
    assert named(history) == [name]
    assert named(history[:-1]) == []  # too few rows
    growing: list[dict[str, float]] = []
    watch, reported = Watch(growing), []
    for row in history * 3:
        growing.append(row)
        reported += [finding.name for finding in watch.new()]
    assert reported == [name]
    assert Watch(history).new() == []  # a resumed run does not report it again


def test_unbounded_losses_are_not_reported_as_saturated_or_oscillating():
    history = rows(critic__adversarial=-1e-3, generator__adversarial=lambda i: 4 * (-1) ** i)
    assert named(history, bounded=False) == []
    assert named(history) == ["critic_saturated", "oscillation"]  # `bounded` decides, not the logged columns
    assert named(rows(critic__adversarial=0.3, generator__adversarial=lambda i: 0.2 * (-1) ** i)) == []
    assert Watch(list(history[:-1]), bounded=False).new() == []


def test_only_wasserstein_losses_have_no_lower_bound():
    """For ever larger logits that separate real from fake, a bounded loss tends to 0 and an unbounded one to minus infinity."""
    for name in ("MINIMAX", "NON_SATURATING", "LEAST_SQUARES", "WASSERSTEIN", "HINGE", "RELATIVISTIC"):
        loss = getattr(adversarial, name)
        best = (1.0, 0.0) if name == "LEAST_SQUARES" else (1e4, -1e4)
        value = loss.critic(*map(torch.tensor, best)).item()
        assert (value == pytest.approx(0, abs=1e-6)) == loss.bounded
