"""Ranks that torchrun has started, as on several machines."""

import os
import signal
import subprocess
import sys

import psutil
import torch
from conftest import ROOT
from rank_recipes import largest_difference, trained

from genlab.training.state import States

PROGRAM = """
import sys
import psutil
import torch
from rank_recipes import COMPUTE, GAN
from stand_ins import image_set
from genlab.training.events import Logged
from genlab.training.fit import fit
from genlab.training.settings import Budget, Monitoring
from genlab.training.state import States

torch.set_num_threads(1)
endless = sys.argv[2] == "endless"
budget, monitoring = Budget(80_000 if endless else 24, 8), Monitoring(log_every=8, pictures_every=1_000_000, checkpoint_every=1_000_000)
callback = lambda event: print("logged", flush=True) if isinstance(event, Logged) else None
result = fit(GAN, image_set(), budget, 3, None, COMPUTE | {"devices": 2}, monitoring, States(sys.argv[1]), [callback])
torch.save(result.recipe.state_dict(), f"{sys.argv[1]}/result.pt")
"""


def started(folder, words):
    """torchrun with two ranks, of which the first runs the program."""
    (folder / "program.py").write_text(PROGRAM)
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "genlab.training.follower", "-m", "program", str(folder), words]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_training_on_ranks_of_torchrun_gives_the_result_of_one_process(tmp_path):
    process = started(tmp_path, "short")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and output.count("logged") == 3, output  # by rank 0 only
    assert largest_difference(trained("gan", 3)[0], torch.load(tmp_path / "result.pt")) < 1e-5


def test_a_signal_to_torchrun_saves_the_state(tmp_path):
    process = started(tmp_path, "endless")
    for line in process.stdout:
        if line.startswith("logged"):
            break
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0 and "of 80,000 images; the state is saved" in output, output
    (stopped,) = States(tmp_path).stopped()
    assert stopped.images > 0 and not stopped.finished


def test_a_killed_rank_of_torchrun_is_named(tmp_path):
    process = started(tmp_path, "endless")
    for line in process.stdout:
        if line.startswith("logged"):
            break
    ranks = [each for each in psutil.Process(process.pid).children(recursive=True) if "genlab.training.follower" in each.cmdline()]
    follower = next(each for each in ranks if each.environ()["RANK"] == "1")
    follower.kill()
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0 and f"RankError: rank 1 of 2 (process {follower.pid}) was killed" in output, output
    assert not any(each.is_running() for each in ranks)
