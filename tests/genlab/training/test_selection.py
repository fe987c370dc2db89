"""Tests of the selection of a checkpoint by a score during training."""

import json
import math

import pytest
import torch
from stand_ins import MODEL, image_set
from torch import nn

from genlab.engine.recipe import Recipe
from genlab.training.events import Finished, Logged, ScoreTaken
from genlab.training.fit import fit
from genlab.training.interruption import Interrupted
from genlab.training.selection import Selection
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

COMPUTE = {"class": "genlab.engine.compute.Compute", "device": "cpu"}
BUDGET = Budget(images=40, batch_size=4)


class Listed:
    """A scorer that returns numbers in turn; it disturbs everything that a scorer can."""

    name = "listed"

    def __init__(self, values):
        self.values, self.seen, self.drawn = iter(values), [], []

    def settings(self):
        return {"score": self.name}

    def __call__(self, recipe):
        self.drawn.append(torch.rand(()).item())
        self.seen.append({name: value.clone() for name, value in recipe.state_dict().items()})
        recipe.eval()
        with torch.no_grad():
            for value in recipe.state_dict().values():
                value.zero_()
        return next(self.values)


def train(values=None, states=None, budget=BUDGET, callbacks=(), model=MODEL, **monitoring):
    scorer = None if values is None else Listed(values)
    settings = Monitoring(log_every=4, pictures_every=16, checkpoint_every=8, **{"score_every": 8} | monitoring)
    trained = fit(model, image_set(), budget, 0, None, COMPUTE, settings, states, callbacks, scorer and (lambda recipe: scorer))
    return trained, scorer


def weights(trained):
    return trained.recipe.state_dict()


def assert_equal(one, other):
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_scores_do_not_change_the_training(norm):
    model = MODEL | {"critic": MODEL["critic"] | {"norm": norm}, "average_half_life": 8.0}
    plain, _ = train(model=model)
    scored, _ = train([5, 4, 3, 2, 1], model=model, keep="last")
    assert_equal(weights(plain), weights(scored))
    rows = [{name: value for name, value in row.items() if name != "selection/listed"} for row in scored.history.rows]
    assert rows == plain.history.rows


def test_the_weights_with_the_lowest_score_are_the_result_and_both_ends_are_recorded():
    trained, scorer = train([3, 1, 2, 1, 5])
    assert_equal(weights(trained), scorer.seen[1])  # the first of two equal ones
    assert json.loads(json.dumps(trained.selected.to_json())) == {
        "score": "listed",
        "kept": "best",
        "best": {"images": 16, "value": 1},
        "last": {"images": 40, "value": 5},
        "scores": [{"images": images, "value": value} for images, value in zip((8, 16, 24, 32, 40), (3, 1, 2, 1, 5), strict=True)],
    }
    assert {row["images"]: row["selection/listed"] for row in trained.history.rows if "selection/listed" in row} == {
        8: 3,
        16: 1,
        24: 2,
        32: 1,
        40: 5,
    }
    shorter, _ = train(budget=Budget(16, 4))
    assert_equal(weights(trained), weights(shorter))  # constant schedules: the weights after 16 images are those of a budget of 16


def test_a_stopped_and_resumed_training_selects_the_same_weights(tmp_path):
    straight, once = train([3, 1, 2, 4, 5])

    def stop(event):
        import signal

        if isinstance(event, Logged) and event.images == 24:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted):
        train([3, 1, 2], States(tmp_path), callbacks=[stop])
    resumed, rest = train([4, 5], States(tmp_path))
    assert_equal(weights(straight), weights(resumed))
    assert straight.history.rows == resumed.history.rows and straight.selected == resumed.selected
    assert once.drawn[3:] == rest.drawn  # random numbers of a score depend on the number of images only


def test_the_saved_state_has_the_last_weights_so_that_keep_can_change_without_training_again(tmp_path):
    best, scorer = train([1, 2, 3, 4, 5], States(tmp_path))
    last, unused = train([], States(tmp_path), keep="last")
    assert_equal(weights(best), scorer.seen[0])
    assert_equal(weights(last), scorer.seen[-1])
    assert not unused.seen and last.selected.kept == "last" and last.selected.scores == best.selected.scores


def test_training_stops_early_after_scores_without_improvement(caplog):
    caplog.set_level("INFO")
    events = []
    trained, _ = train([2, 1, 3, 1], patience=2, callbacks=[events.append])
    assert trained.selected.last.images == 32 and trained.selected.best.images == 16 and trained.history.rows[-1]["images"] == 32
    assert "Training stopped early, after 32 of 40 images: the last 2 scores brought no improvement." in caplog.text
    (finished,) = [event for event in events if isinstance(event, Finished)]
    assert finished.stopped_early and finished.images == 32 and finished.summary["scoring_seconds"] > 0
    assert [event.is_best for event in events if isinstance(event, ScoreTaken)] == [True, True, False, False]
    full, _ = train([5, 4, 3, 2, 1], patience=1)
    assert full.selected.last.images == 40


def test_a_training_stopped_by_a_signal_when_its_patience_ends_does_not_go_on(tmp_path):
    straight, _ = train([1, 2, 3], patience=2)

    def stop(event):
        import signal

        if isinstance(event, ScoreTaken) and event.images == 24:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted):
        train([1, 2, 3], States(tmp_path), patience=2, callbacks=[stop])
    resumed, unused = train([], States(tmp_path), patience=2)
    assert_equal(weights(straight), weights(resumed))
    assert not unused.seen and straight.history.rows == resumed.history.rows


def test_a_score_that_is_not_finite_is_never_the_best(caplog):
    trained, scorer = train([math.nan, 2, math.inf, 3, math.nan])
    assert_equal(weights(trained), scorer.seen[1])
    assert trained.selected.to_json()["last"] == {"images": 40, "value": None} and "listed is nan after 8 images" in caplog.text
    nothing, _ = train([math.nan] * 5)
    assert nothing.selected is None and nothing.recipe is not None


def test_without_an_interval_or_a_scorer_the_last_weights_are_the_result():
    plain, _ = train()
    unscored, scorer = train([], score_every=0)
    assert plain.selected is unscored.selected is None and not scorer.seen
    assert_equal(weights(plain), weights(unscored))


def test_scores_are_as_frequent_as_pictures_by_default():
    trained, _ = train([1, 2, 3], score_every=None)
    assert [scored.images for scored in trained.selected.scores] == [16, 32, 40]


class Finalised(Recipe):
    """Its one weight is doubled at the end of a training."""

    def __init__(self):
        super().__init__()
        self.layer, self.updates = nn.Linear(1, 1, bias=False), {}
        self.register_buffer("final", torch.zeros(()))

    def finalise(self):
        self.final.fill_(2)


def test_a_recipe_is_scored_and_kept_as_it_would_be_released():
    recipe, scorer = Finalised(), Listed([1.0])
    selection = Selection(scorer, every=8)
    torch.manual_seed(1)
    before, expected = {name: value.clone() for name, value in recipe.state_dict().items()}, torch.Generator().manual_seed(1)
    selection.score(recipe, seed=0, images=8)
    assert scorer.seen[0]["final"] == 2 == selection.weights["final"]
    assert_equal(recipe.state_dict(), before)
    assert recipe.training and recipe.layer.training
    assert torch.equal(torch.rand(3), torch.rand(3, generator=expected))
    selection.select(recipe)
    assert recipe.final == 2 and torch.equal(recipe.layer.weight, before["layer.weight"])
