"""How long torch's threads wait in a loop, which is set before torch is loaded."""

import os
import subprocess
import sys

import pytest

from genlab.engine.waiting import SET_BY_USER, SPINS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libgomp is the library of torch's threads on Linux only")


def waits(program, **environment):
    """GOMP_SPINCOUNT at the end of a program in a process of its own, None if it is not set."""
    given = {name: value for name, value in os.environ.items() if name not in SET_BY_USER} | environment
    program = f"import os\n{program}\nprint(os.environ.get('GOMP_SPINCOUNT'))"
    return subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True).stdout.split()[-1]


def test_genlab_sets_it_before_torch_is_loaded():
    assert waits("import genlab") == SPINS
    assert waits("from genlab.engine.recipe import Recipe") == SPINS


def test_what_the_user_has_set_stays():
    assert waits("import genlab", GOMP_SPINCOUNT="5") == "5"
    assert waits("import genlab", OMP_WAIT_POLICY="ACTIVE") == "None"


def test_nothing_is_set_after_torch_was_loaded():
    assert waits("import torch\nimport genlab") == "None"
