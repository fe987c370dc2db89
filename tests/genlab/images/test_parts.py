"""Work in parts: in order, on threads and in processes, with few results waiting; a killed process is an error."""

import os
import signal
import time

import pytest

from genlab.errors import InputError
from genlab.images import parts
from genlab.images.parts import in_parts


def doubled(part):
    return [2 * each for each in part]


def killed(part):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 3])
def test_results_are_in_order_whatever_the_threads(workers):
    def slow(part):
        time.sleep(0.001 * (part[0] % 3))
        return doubled(part)

    for count in (0, 1, 5, 300):
        found = [each for part in in_parts(slow, range(count), workers, "test") for each in part]
        assert found == [2 * each for each in range(count)]


def test_few_results_wait_for_a_slow_reader():
    begun = []
    results = in_parts(lambda part: begun.extend(part), range(10_000), 2, "test")
    next(results)
    time.sleep(0.05)
    assert len(begun) <= parts.PART * 6
    results.close()


def test_processes_give_the_results_of_threads_and_a_killed_one_is_an_error(monkeypatch):
    monkeypatch.setattr(parts, "MANY", 100)
    found = [each for part in in_parts(doubled, range(200), 2, "test", in_processes=True) for each in part]
    assert found == [2 * each for each in range(200)]
    with pytest.raises(InputError, match="killed, probably because memory ran out next to 2 of them"):
        list(in_parts(killed, range(200), 2, "test", in_processes=True))
