"""Batches that several ranks compute: processes with gloo."""

import os
import resource
import time

import pytest
import torch
from torch import distributed as dist
from torch import multiprocessing

from genlab.engine import ranks
from genlab.engine.in_order import ALONE, Batches, InOrder

ROWS, SIZE = 23, 4


def batches(computed):
    """Rows by batch; `computed` receives their numbers."""

    def rows(start, stop):
        computed.append(start // SIZE)
        return torch.arange(start, stop)

    return Batches(ROWS, SIZE, rows)


def test_batches_cover_all_rows_and_are_computed_when_they_are_read():
    computed = []
    made = batches(computed)
    assert len(made) == 6 and computed == []
    assert [each.tolist() for each in made[4:]] == [[16, 17, 18, 19], [20, 21, 22]] and computed == [4, 5]
    assert torch.cat(list(made)).tolist() == list(range(ROWS))
    assert [each.item() for each in made.mapped(torch.sum)] == [6, 22, 38, 54, 70, 63]
    with pytest.raises(IndexError):
        made[6]


def test_an_index_error_of_a_computation_is_not_the_end():
    with pytest.raises(IndexError):
        list(Batches(2, 1, lambda start, stop: [0][start]))


def test_one_process_computes_all():
    computed = []
    assert torch.cat(list(ALONE(batches(computed)))).tolist() == list(range(ROWS)) and computed == list(range(6))
    assert ALONE.agreed("x") == "x"


def rank(number, count, folder):
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    dist.init_process_group("gloo", store=dist.FileStore(str(folder / "store"), count), rank=number, world_size=count)
    order, computed = InOrder(ranks.count(), ranks.number()), []
    found = {"agreed": order.agreed(number)}
    if number:
        order.take_part(batches(computed))
        order.take_part(Batches(1, 1, lambda start, stop: computed.append(-1)))  # rank 0's
        before = resource.getrusage(resource.RUSAGE_SELF)
        order.agreed(None)  # waits for rank 0
        after = resource.getrusage(resource.RUSAGE_SELF)
        found["seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    else:
        found["rows"] = torch.cat(list(order(batches(computed)))).tolist()
        assert list(order(Batches(1, 1, lambda start, stop: "one"))) == ["one"]
        time.sleep(1)
        order.agreed(None)
    torch.save(found | {"computed": computed}, folder / f"{number}.pt")
    dist.barrier()
    dist.destroy_process_group()


@pytest.mark.parametrize("count", [2, 3])
def test_ranks_divide_batches_and_the_first_receives_them_in_order(count, tmp_path):
    multiprocessing.start_processes(rank, (count, tmp_path), count, start_method="fork")
    found = [torch.load(tmp_path / f"{number}.pt") for number in range(count)]
    assert found[0]["rows"] == list(range(ROWS))
    assert [each["computed"] for each in found] == [list(range(number, 6, count)) for number in range(count)]
    assert [each["agreed"] for each in found] == [0] * count
    assert all(each["seconds"] < 0.5 for each in found[1:])  # a rank that waits for a second does not spin
