"""The training loop: resuming, learning rates, non-finite losses and the end of a run."""

import math

import pytest
import torch
from two_networks import Numbers, Two, make_recipe

from genlab.engine.loop import NonFiniteLossError, train
from genlab.engine.stream import Stream


def run(recipe, stream, images, budget):
    return list(train(recipe, stream, images, budget, batch_size=4, seed=7))


def test_resumed_run_equals_straight_run_bit_for_bit():
    straight = make_recipe()
    turns = run(straight, Stream(Numbers()), 0, 48)
    for stop in (4, 8, 20):
        stopped = make_recipe()
        stream = Stream(Numbers())
        for turn in train(stopped, stream, 0, 48, batch_size=4, seed=7):
            torch.randn(3)  # the caller may draw random numbers
            if turn.images == stop:
                break
        resumed = make_recipe()
        resumed.load_training_state(stopped.training_state())
        rest = run(resumed, Stream(Numbers(), stream.position), stop, 48)
        assert rest == turns[stop // 4 :]
        for name, value in straight.state_dict().items():
            assert torch.equal(value, resumed.state_dict()[name]), name


def test_learning_rate_follows_progress():
    recipe = make_recipe()
    for turn in train(recipe, Stream(Numbers()), 0, 40, batch_size=4, seed=0):
        assert recipe.updates["first"].optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * (1 - (turn.images - 4) / 40))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_non_finite_term_stops_the_run_and_is_named(value):
    recipe = make_recipe()
    objective = recipe.first_objective

    def broken(batch):
        terms = objective(batch)
        return {"loss": terms["loss"], "distance": terms["loss"].detach() * (value if batch["x"].mean() > 3 else 1)}

    recipe.updates["first"].objective = broken
    turns = train(recipe, Stream(Numbers()), 0, 400, batch_size=4, seed=0)
    with pytest.raises(NonFiniteLossError, match=r"first/distance = (nan|inf) after \d+ images"):
        list(turns)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_diagnosis_that_is_not_finite_never_stops_the_run(value, caplog):
    recipe = make_recipe()
    recipe.updates["health"] = lambda stream: {"diversity": torch.tensor(value), "finite": torch.tensor(1.0)}
    plain = list(train(make_recipe(), Stream(Numbers()), 0, 40, batch_size=4, seed=0))
    turns = list(train(recipe, Stream(Numbers()), 0, 40, batch_size=4, seed=0))
    assert [turn.terms for turn in turns] == [turn.terms | {"health/finite": 1.0} for turn in plain]
    assert [record.getMessage() for record in caplog.records] == [
        "health/diversity is not finite after 4 images, and left out of the history."
    ]


def test_a_gradient_norm_that_overflows_does_not_stop_the_run():
    """Finite gradients of 1e30 have squares beyond float32; Adam's steps are as long as for any gradient."""
    recipe = make_recipe()
    objective = recipe.first_objective
    recipe.updates["first"].objective = lambda batch: {"loss": 1e30 * objective(batch)["loss"]}
    turns = run(recipe, Stream(Numbers()), 0, 16)
    assert len(turns) == 4 and not any("first/gradient_norm" in turn.terms for turn in turns)


def test_finalise_runs_once_at_the_end_with_its_own_random_numbers():
    concluded = []

    class Concluding(Two):
        def finalise(self):
            concluded.append(torch.rand(()).item())

    for _ in zip(range(2), train(Concluding(), Stream(Numbers()), 0, 16, 4, seed=3), strict=False):
        assert concluded == []  # stopped before the end: not called
    list(train(Concluding(), Stream(Numbers()), 0, 16, 4, seed=3))
    torch.rand(5)
    list(train(Concluding(), Stream(Numbers()), 16, 16, 4, seed=3))  # resumed after its last turn
    assert len(concluded) == 2 and concluded[0] == concluded[1]
