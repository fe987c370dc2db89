"""Tests of the progress line and its estimate of the remaining time."""

import pytest

from genlab.engine.loop import Turn
from genlab.training.progress import Progress


def test_time_left_is_estimated_from_the_recent_speed():
    """100 images/s for 1,000 s, then 10 images/s for 200 s: the mean is 85 images/s, but the estimate uses 10."""
    progress = Progress(0, 103_000)
    for second in range(1, 1001):
        progress.count(100 * second, progress.started + second)
    assert progress.recent_images_per_second == pytest.approx(100)
    for second in range(1, 201):
        progress.count(100_000 + 10 * second, progress.started + 1000 + second)
    assert progress.recent_images_per_second == pytest.approx(10)
    line = progress.line(Turn(102_000, {"critic/loss": 0.5, "critic/real": 1.0}))
    assert line == "102,000 of 103,000 images, 10.0 images/s, 1:40 left, critic 0.500"


def test_a_turn_longer_than_the_window_determines_the_speed():
    progress = Progress(0, 1000)
    progress.count(10, progress.started + 500)
    assert progress.recent_images_per_second == pytest.approx(0.02)
    progress.count(20, progress.started + 600)
    assert progress.recent_images_per_second == pytest.approx(0.1)
