"""Reuse of freed memory."""

import resource
import sys

import pytest
import torch

from genlab.engine import memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only glibc on Linux returns memory this way")
MEBIBYTE = 2**20


def pages_asked_for(turns):
    """Pages that the system gives while 64 MiB are taken and freed in each of several turns, after a first one."""
    taken = []
    for _ in range(turns + 1):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        values = [torch.ones(MEBIBYTE // 4 * 2) for _ in range(32)]  # 2 MiB each
        del values
        taken.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return sum(taken[1:])


def resident():
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_freed_memory_is_used_again_and_returned_at_the_end():
    with memory.reused():
        assert pages_asked_for(4) < 64 * MEBIBYTE / resource.getpagesize()  # less than in a single turn that asks for all
        inside = resident()
    assert resident() < inside - 32 * MEBIBYTE


@pytest.mark.parametrize("name", memory.SET_BY_USER)
def test_settings_of_the_user_stay(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: Refusing())
    with memory.reused():
        pass


class Refusing:
    """A C library whose thresholds must not be set."""

    def mallopt(self, *_):
        raise AssertionError("the user's settings are overwritten")
