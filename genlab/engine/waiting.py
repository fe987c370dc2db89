"""How torch's threads wait for each other: in a loop, or asleep if other processes need the cores."""

import os
import re
import sys
import time
from pathlib import Path

SAMPLES, PAUSE_SECONDS = 3, 0.002  # of the number of running processes
SET_BY_USER = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
STATISTICS = Path("/proc/stat")


def choose_waiting() -> None:
    """Let threads of libgomp, which torch uses on Linux, sleep while they wait if this machine is busy now.

    On an idle machine the loop is faster; on a busy one it takes the cores from the threads that work (docs/performance.md has numbers).
    libgomp reads the choice when torch is loaded: afterwards, and if an environment variable states how to wait, this does nothing. Results
    do not depend on it.
    """
    if sys.platform == "linux" and "torch" not in sys.modules and not any(name in os.environ for name in SET_BY_USER) and is_busy():
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def is_busy() -> bool:
    """Whether other processes leave fewer cores free than this one may use."""
    try:
        samples = [running(STATISTICS.read_text())]
        for _ in range(SAMPLES - 1):
            time.sleep(PAUSE_SECONDS)
            samples.append(running(STATISTICS.read_text()))
    except (OSError, AttributeError, ValueError):  # e.g. a container that hides it
        return False
    cores, processes = sorted(samples)[SAMPLES // 2]
    return processes - 1 + len(os.sched_getaffinity(0)) > cores  # this process is one of them


def running(statistics: str) -> tuple[int, int]:
    """Content of /proc/stat -> numbers of cores and of processes that are running or waiting for a core."""
    found = re.search(r"^procs_running (\d+)$", statistics, re.MULTILINE)
    if found is None:
        raise ValueError("procs_running is missing")
    return len(re.findall(r"^cpu\d+ ", statistics, re.MULTILINE)), int(found[1])
