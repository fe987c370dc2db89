"""How long torch's threads wait in a loop before they sleep. On a busy machine, this loop takes the cores from the threads that work."""

import os
import sys

SPINS = "10000"  # libgomp's own value is 300000; measured in docs/performance/busy.md
SET_BY_USER = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def limit_spinning() -> None:
    """Let the threads of libgomp, which torch uses on Linux, sleep early.

    They read it when torch is loaded: afterwards, and if an environment variable sets how they wait, this does nothing. Results do not
    depend on it.
    """
    if sys.platform == "linux" and "torch" not in sys.modules and not any(name in os.environ for name in SET_BY_USER):
        os.environ["GOMP_SPINCOUNT"] = SPINS
