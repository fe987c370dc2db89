"""Sums, means and gathered rows of several processes."""

import torch
from torch import distributed as dist
from torch import multiprocessing

from genlab.engine import ranks
from genlab.engine.ranks import Order


def test_one_process_gets_its_arguments_back():
    values = torch.tensor([1.0, 2.0])
    assert all(function(values) is values for function in (ranks.total, ranks.mean, ranks.gather))
    ranks.add_up([values]), ranks.average([values])
    assert values.tolist() == [1, 2] and ranks.from_first("x") == "x" and ranks.order(Order.TURN) == Order.TURN
    assert (ranks.count(), ranks.number(), ranks.on_this_machine()) == (1, 0, 0)


def slopes(function, x):
    """A function of all ranks' numbers, its slope in this rank's, and the slope of the slope's square."""
    value = function(x)
    (slope,) = torch.autograd.grad(value, x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), x)
    return value.item(), slope.item(), second.item()


def rank(number, file, folder):
    dist.init_process_group("gloo", store=dist.FileStore(str(file), 2), rank=number, world_size=2)
    x = torch.tensor([number + 1.0], requires_grad=True)  # 1 and 2
    found = {
        "product": slopes(lambda x: (number + 1) * ranks.gather(x).prod(), x),
        "square": slopes(lambda x: ranks.total(x).square().sum(), x),
        "mean": ranks.mean(x).item(),
    }
    wide, narrow, counts = torch.full((2, 2), number + 1.0, dtype=torch.float64), torch.ones(3) * number, torch.tensor(number)
    ranks.add_up([wide, counts, narrow])
    averaged = [torch.tensor(float(number)), torch.full((2,), 4.0 * number)]
    ranks.average(averaged), ranks.average([])
    found |= {"sums": [wide.tolist(), counts.tolist(), narrow.tolist()], "averages": [each.tolist() for each in averaged]}
    found |= {"first": ranks.from_first({"rank": number}), "order": int(ranks.order(Order.STATE if number == 0 else Order.END))}
    torch.save(found, folder / f"{number}.pt")
    dist.barrier()
    dist.destroy_process_group()


def test_derivatives_are_those_of_the_sum_over_ranks(tmp_path, monkeypatch):
    """The ranks' numbers are x = 1 and y = 2, and each rank's loss is a function of both."""
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    multiprocessing.start_processes(rank, (tmp_path / "store", tmp_path), 2, start_method="fork")
    first, second = (torch.load(tmp_path / f"{number}.pt") for number in range(2))
    # The losses x y and 2 x y add up to 3 x y: slopes 3 y and 3 x, whose squares add up to 9 (x^2 + y^2).
    assert first["product"] == (2, 6, 18) and second["product"] == (4, 3, 36)
    # The losses (x + y)^2 of both ranks: slopes 4 (x + y), whose squares add up to 32 (x + y)^2.
    assert first["square"] == second["square"] == (9, 12, 192)
    for found in (first, second):
        assert found["mean"] == 1.5 and found["first"] == {"rank": 0} and found["order"] == Order.STATE
        assert found["sums"] == [[[3.0, 3.0], [3.0, 3.0]], 1, [1.0, 1.0, 1.0]] and found["averages"] == [0.5, [2.0, 2.0]]
