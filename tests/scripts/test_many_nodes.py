"""The SLURM script, with stand-ins for SLURM's commands that print what they are asked to run."""

import itertools
import os
import subprocess

import pytest
from conftest import ROOT

SCRIPT = ROOT / "scripts" / "many_nodes.slurm"


@pytest.fixture
def slurm(tmp_path):
    """The environment of a job on two machines with four GPUs each."""
    for name, text in {"scontrol": "printf 'n7\\nn8\\n'", "srun": 'printf "%s\\n" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    job = {"SLURM_JOB_NUM_NODES": "2", "SLURM_GPUS_ON_NODE": "4", "SLURM_JOB_NODELIST": "n[7-8]", "SLURM_JOB_ID": "31"}
    return os.environ | job | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def test_the_script_starts_torchrun_on_each_machine_with_all_gpus(slurm):
    words = subprocess.run(["bash", SCRIPT, "gan", "--env=full"], env=slurm, check=True, capture_output=True, text=True).stdout.split()
    after = dict(itertools.pairwise(words))
    assert (after["--nnodes"], after["--nproc-per-node"], after["--rdzv-endpoint"], after["--rdzv-id"]) == ("2", "4", "n7:29500", "31")
    command = words[words.index("genlab.training.follower") - 1 :]
    assert command[:5] == ["-m", "genlab.training.follower", "-m", "kedro", "run"]
    assert command[5:] == ["--pipeline=gan", "--params=gan.compute.devices=8", "--env=full"]


def test_the_script_asks_for_a_recipe_and_for_slurm(slurm):
    for arguments, environment, words in (((), slurm, "name a recipe"), (("gan",), os.environ, "run this with sbatch")):
        failed = subprocess.run(["bash", SCRIPT, *arguments], env=environment, capture_output=True, text=True)
        assert failed.returncode != 0 and words in failed.stderr


def test_slurm_sends_the_signal_that_saves_the_state():
    options = [line.removeprefix("#SBATCH ") for line in SCRIPT.read_text().splitlines() if line.startswith("#SBATCH")]
    assert "--signal=TERM@120" in options and "--ntasks-per-node=1" in options
