"""The process group of a job on several devices, a training or an evaluation: rank 0, which is the calling process, and its followers.

Rank 0 logs, scores, draws and saves; the followers compute (genlab.training.follower). `torch.distributed.run` starts them, unless
it has started this process as well, as on several machines.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Protocol

import torch
from torch import distributed as dist
from torch._C._distributed_c10d import PrefixStore, TCPStore  # torch.distributed does not declare them

import genlab
from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.errors import InputError
from genlab.training.interruption import stop_request

HERE = "127.0.0.1"
PATIENCE = timedelta(hours=24)  # longest time that a follower waits, e.g. while rank 0 scores
# Longest time that rank 0 waits for its followers, which compute as much as itself. A dead one is noticed at once, save for a rare case in
# which gloo goes on waiting for a message to a rank that was killed.
FIRST_PATIENCE = timedelta(minutes=10)
START_SECONDS, END_SECONDS = 300, 10  # to start the followers, and to let them end
END, ERROR, PROCESS = "end", "error", "process"  # keys of the store: the exit status of all, "error/2" the report of rank 2
TIMED_OUT = re.compile(r"timed? ?out", re.IGNORECASE)  # in the error of a rank whose message was not answered
LOST = re.compile(r"connection|gloo|nccl|socket|peer|timed? ?out|broken pipe", re.IGNORECASE)  # in the error of a rank that lost another


class RankError(InputError):
    """A rank has failed or was killed."""


class Job(Protocol):
    """A computation of several ranks, which is sent to the followers."""

    @property
    def compute(self) -> Compute:
        """The devices, of one type."""
        ...

    def follow(self) -> None:
        """Take part in the computation; called by each follower."""
        ...


@contextmanager
def group(job: Job) -> Iterator[None]:
    """Context manager in which this process is rank 0 of a group that has received a job.

    Raises:
        InputError: there are fewer devices than the job asks for, or another number of processes was started.
        RankError: a follower failed or was killed. No process is left behind.
    """
    devices = job.compute.devices
    check_devices(job.compute)
    if ranks.count() > 1:  # torch.distributed.run has started this process and its followers
        ranks.from_first(job)
        try:
            yield
        except RuntimeError as error:
            if LOST.search(str(error)) and (reason := failure_elsewhere(devices) or silence(error, devices)):
                raise RankError(reason) from error
            raise
        return
    store = TCPStore(HERE, 0, is_master=True, wait_for_workers=False, timeout=PATIENCE)
    with tempfile.TemporaryFile("w+") as log:
        agent = start(store.port, devices, job.compute.device.type, log)
        try:
            wait_for_followers(store, agent, log, devices)
            join(store, 0, devices, job.compute.device.type)
            ranks.from_first(job)
            yield
        except RuntimeError as error:
            if LOST.search(str(error)) and (reason := failure(store, agent, devices) or silence(error, devices)):
                raise RankError(reason) from error
            raise
        finally:
            end(store, agent, devices)


def check_description(model: Any, compute: Compute) -> None:
    """Check that other processes can make their own copy of a recipe.

    Raises:
        InputError: the model is an object, of which they have no copy.
    """
    if not isinstance(model, Mapping):
        raise InputError(
            f"model: got a {type(model).__name__} with compute.devices: {compute.devices}, expected its description, {{class: ..., its "
            "arguments}, from which each process makes its own. Give the description, or set `devices: 1`."
        )


def check_devices(compute: Compute) -> None:
    """Check that this machine has enough devices, or that torch.distributed.run has started a process for each.

    Raises:
        InputError: it has not.
    """
    if ranks.count() > 1:
        if ranks.count() != compute.devices:
            raise InputError(
                f"compute.devices: got {compute.devices}, but {ranks.count()} processes were started. Set it to {ranks.count()}."
            )
        return
    there = torch.cuda.device_count() if compute.device.type == "cuda" else 1 if compute.device.type == "mps" else compute.devices
    if compute.devices > there:
        raise InputError(
            f"compute.devices: got {compute.devices}, but this machine has {there} of type '{compute.device.type}'. Lower it, or start "
            "processes on several machines (docs/how-to/many-devices.md)."
        )


def start(port: int, devices: int, device: str, log: IO[str]) -> subprocess.Popen[str]:
    """Start the followers of this process. They do not receive the signals of its terminal: rank 0 tells them when to end."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(devices - 1)]
    command += ["-m", "genlab.training.follower", HERE, str(port), str(devices), device]
    path = os.pathsep.join([str(Path(genlab.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, text=True, start_new_session=True, env=os.environ | {"PYTHONPATH": path}
    )


def wait_for_followers(store: TCPStore, agent: subprocess.Popen[str], log: IO[str], devices: int) -> None:
    """Wait until all followers have started.

    Raises:
        RankError: they have not.
    """
    began = time.monotonic()
    while not store.check([f"{PROCESS}/{rank}" for rank in range(1, devices)]):
        if agent.poll() is not None or time.monotonic() - began > START_SECONDS:
            log.seek(0)
            raise RankError(f"the {devices - 1} further processes of compute.devices: {devices} did not start: {log.read()[-2000:]}")
        time.sleep(0.05)


def join(store: TCPStore, rank: int, devices: int, device: str) -> None:
    """Join the process group: gloo for tensors on the CPU, and NCCL for those on GPUs."""
    if device == "cuda":
        torch.cuda.set_device(ranks.on_this_machine())
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    hook = sys.excepthook
    dist.init_process_group(
        backend, store=PrefixStore("ranks", store), rank=rank, world_size=devices, timeout=PATIENCE if rank else FIRST_PATIENCE
    )
    sys.excepthook = hook  # torch replaces it by one that adds the number of the rank to each line, also after the training


def failure(store: TCPStore, agent: subprocess.Popen[str] | None, devices: int) -> str | None:
    """Why the first rank failed, in words; None if no follower has failed.

    A rank that lost another one reports that. The cause is a rank with another report, or a rank without a report, which was killed.
    """
    began, silent = time.monotonic(), list(range(1, devices))
    reports: dict[int, Any] = {}
    while silent and time.monotonic() - began < END_SECONDS and (agent is None or agent.poll() is None):
        time.sleep(0.1)
        reports |= {rank: json.loads(store.get(f"{ERROR}/{rank}")) for rank in silent if store.check([f"{ERROR}/{rank}"])}
        silent = [rank for rank in silent if rank not in reports and is_alive(store, rank)]
    reports |= {
        rank: json.loads(store.get(f"{ERROR}/{rank}"))
        for rank in range(1, devices)
        if rank not in reports and store.check([f"{ERROR}/{rank}"])
    }
    for rank, report in sorted(reports.items()):
        if not report["lost"]:
            return f"rank {rank} of {devices} failed: {report['error']}\n{report['trace']}"
    for rank in range(1, devices):
        if rank not in reports and not (is_here(store, rank) and is_alive(store, rank)):
            return f"rank {rank} of {devices} (process {process(store, rank)}) was killed, e.g. by the system for want of memory."
    return None


def silence(error: RuntimeError, devices: int) -> str | None:
    """Why ranks that exist are lost, in words: they do not answer; None if that is not what the error says."""
    if not TIMED_OUT.search(str(error)):
        return None
    return (
        f"the ranks of compute.devices: {devices} did not answer within {FIRST_PATIENCE.total_seconds():g} seconds ({error}). Look at "
        "their machines, and give the same command again: it continues from the last saved state."
    )


def failure_elsewhere(devices: int) -> str | None:
    """Why the first rank failed among those that torch.distributed.run has started, see `failure`."""
    if "MASTER_ADDR" not in os.environ:
        return None
    store = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, timeout=timedelta(seconds=END_SECONDS))
    with stop_request():  # torchrun sends SIGTERM to the ranks that are left
        return failure(store, None, devices)


def process(store: TCPStore, rank: int) -> int:
    """The process id of a follower."""
    return int(store.get(f"{PROCESS}/{rank}").decode().partition("@")[0])


def is_here(store: TCPStore, rank: int) -> bool:
    """Whether a follower is a process of this machine."""
    return store.get(f"{PROCESS}/{rank}").decode().partition("@")[2] == socket.gethostname()


def is_alive(store: TCPStore, rank: int) -> bool:
    """Whether the process of a follower exists, as far as this machine can see."""
    if not is_here(store, rank):
        return True
    try:
        os.kill(process(store, rank), 0)
    except ProcessLookupError:
        return False
    return True


def end(store: TCPStore, agent: subprocess.Popen[str], devices: int) -> None:
    """End the group: followers leave as soon as they read the store, and are killed if they do not."""
    store.set(END, "0")
    if dist.is_initialized():
        dist.destroy_process_group()
    try:
        agent.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        for rank in range(1, devices):
            if store.check([f"{PROCESS}/{rank}"]) and is_alive(store, rank):
                os.kill(process(store, rank), 9)
        agent.kill()
        agent.wait()
