import math

import pytest
import torch

from genlab.engine import Stream
from genlab.health import ROWS, Diversity, Watch, findings, pairwise_distance, ranking_accuracy


def rows(count=ROWS, **columns):
    """A history whose columns are constants or functions of the row's number."""
    names = {name.replace("__", "/"): value for name, value in columns.items()}
    return [{"images": i, **{name: value(i) if callable(value) else value for name, value in names.items()}} for i in range(count)]


def named(history):
    return [finding.name for finding in findings(history)]


def test_pairwise_distance_of_the_corners_of_a_square():
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).reshape(4, 1, 1, 2)
    assert pairwise_distance(corners).item() == pytest.approx((4 * 1 + 2 * math.sqrt(2)) / 6)


def test_ranking_accuracy_counts_pairs_and_halves_ties():
    assert ranking_accuracy(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])) == 1
    assert ranking_accuracy(torch.tensor([0.0]), torch.tensor([0.0, 1.0, -1.0])) == 0.5
    assert ranking_accuracy(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 2.0])) == 0.5


def test_diversity_is_a_share_of_the_real_images_and_is_looked_at_now_and_then():
    class Source:
        def batches(self, start):
            while True:
                yield {"image": torch.tensor([0.0, 4.0]).reshape(2, 1, 1, 1)}

    asked = []

    def sample(count):
        asked.append(count)
        return torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)

    stream, update = Stream(Source()), Diversity(sample, every=3)
    seen = []
    for turn in range(7):
        stream.begin(turn)
        seen.append({name: value.item() for name, value in update(stream).items()})
    assert seen == [{"diversity": 0.25} if turn % 3 == 0 else {} for turn in range(7)]
    assert asked == [4, 4, 4]  # twice the batch: a look at large images takes no more memory than a turn


def test_a_game_that_goes_well_is_not_complained_of():
    noise = torch.randn(100, generator=torch.Generator().manual_seed(0)).tolist()
    well = rows(60, critic__adversarial=lambda i: 1.2 + 0.1 * noise[i], generator__adversarial=lambda i: 0.9, health__diversity=0.9)
    assert all(named(well[:count]) == [] for count in range(60))
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
def test_what_goes_wrong_is_named_once(name, columns):
    history = rows(**columns)
    assert named(history) == [name]
    assert named(history[:-1]) == []  # too early to say
    growing: list[dict[str, float]] = []
    watch, told = Watch(growing), []
    for row in history * 3:
        growing.append(row)
        told += [finding.name for finding in watch.new()]
    assert told == [name]
    assert Watch(history).new() == []  # a resumed training doesn't tell it again


def test_a_wasserstein_game_is_neither_saturated_nor_swings_about_its_drifting_zero():
    game = rows(critic__adversarial=-1e-3, critic__wasserstein=1e-3, generator__adversarial=lambda i: 4 * (-1) ** i)
    assert named(game) == []
    assert named(rows(critic__adversarial=0.3, generator__adversarial=lambda i: 0.2 * (-1) ** i)) == []
