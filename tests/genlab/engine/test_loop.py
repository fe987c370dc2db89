import math

import pytest
import torch
from two_networks import Numbers, Two, made

from genlab.engine.loop import NonFiniteLossError, train
from genlab.engine.stream import Stream


def run(recipe, stream, images, budget):
    return list(train(recipe, stream, images, budget, batch_size=4, seed=7))


def test_stop_and_resume_is_bit_for_bit_the_straight_run():
    straight = made()
    turns = run(straight, Stream(Numbers()), 0, 48)
    for stop in (4, 8, 20):
        stopped = made()
        stream = Stream(Numbers())
        for turn in train(stopped, stream, 0, 48, batch_size=4, seed=7):
            torch.randn(3)  # the caller may draw what it likes
            if turn.images == stop:
                break
        resumed = made()
        resumed.load_training_state(stopped.training_state())
        rest = run(resumed, Stream(Numbers(), stream.position), stop, 48)
        assert rest == turns[stop // 4 :]
        for name, value in straight.state_dict().items():
            assert torch.equal(value, resumed.state_dict()[name]), name


def test_learning_rate_follows_progress():
    recipe = made()
    for turn in train(recipe, Stream(Numbers()), 0, 40, batch_size=4, seed=0):
        assert recipe.updates["first"].optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * (1 - (turn.images - 4) / 40))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_non_finite_term_stops_the_run_and_is_named(value):
    recipe = made()
    objective = recipe.first_objective

    def broken(batch):
        terms = objective(batch)
        return {"loss": terms["loss"], "distance": terms["loss"].detach() * (value if batch["x"].mean() > 3 else 1)}

    recipe.updates["first"].objective = broken
    turns = train(recipe, Stream(Numbers()), 0, 400, batch_size=4, seed=0)
    with pytest.raises(NonFiniteLossError, match=r"first/distance = (nan|inf) after \d+ images"):
        list(turns)


def test_the_end_is_concluded_once_by_random_numbers_of_its_own():
    concluded = []

    class Concluding(Two):
        def finalise(self):
            concluded.append(torch.rand(()).item())

    for _ in zip(range(2), train(Concluding(), Stream(Numbers()), 0, 16, 4, seed=3), strict=False):
        assert concluded == []  # stopped before the end: nothing
    list(train(Concluding(), Stream(Numbers()), 0, 16, 4, seed=3))
    torch.rand(5)
    list(train(Concluding(), Stream(Numbers()), 16, 16, 4, seed=3))  # resumed after its last turn
    assert len(concluded) == 2 and concluded[0] == concluded[1]
