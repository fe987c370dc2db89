"""A follower: a process that computes a part of each job, a training or an evaluation, and leaves everything else to rank 0.

python -m genlab.training.follower HOST PORT DEVICES cpu  started by genlab.training.group, on one machine
python -m genlab.training.follower -m MODULE ARGUMENTS    on several machines, by torchrun: rank 0 runs the module
"""

import os
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
from datetime import timedelta

from torch._C._distributed_c10d import TCPStore  # torch.distributed does not declare it

from genlab.engine import ranks
from genlab.engine.compute import Compute
from genlab.engine.json_text import json_text
from genlab.training.group import END, ERROR, LOST, PATIENCE, PROCESS, join

POLL_SECONDS, WATCHED = 0.2, timedelta(seconds=30)  # a store that does not answer for that long is gone


def main(arguments: list[str]) -> None:
    """Run a follower, or rank 0 of several machines."""
    rank, device = int(os.environ["RANK"]), Compute().device.type
    if arguments[0] == "-m":
        address, port, devices = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), int(os.environ["WORLD_SIZE"])
    else:  # rank 0 of the training is the process that started these
        address, port, devices, rank, device = arguments[0], int(arguments[1]), int(arguments[2]), rank + 1, arguments[3]
        os.environ["LOCAL_RANK"] = str(int(os.environ["LOCAL_RANK"]) + 1)
    is_master = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    store = TCPStore(address, port, is_master=is_master, wait_for_workers=False, timeout=PATIENCE)
    if rank > 0:
        follow_all(store, TCPStore(address, port, is_master=False, timeout=WATCHED), rank, devices, device)
        return
    join(store, 0, devices, device)
    status = "1"
    try:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        status = "0"
    except SystemExit as left:
        status = "1" if left.code else "0"
        raise
    finally:
        store.set(END, status)
        time.sleep(5 * POLL_SECONDS)  # followers read it before torchrun ends the store


def follow_all(store: TCPStore, watched: TCPStore, rank: int, devices: int, device: str) -> None:
    """Take part in jobs until rank 0 ends. Signals are rank 0's to answer, which stops all ranks at the same turn."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=leave_with_first, args=(watched,), daemon=True).start()
    store.set(f"{PROCESS}/{rank}", f"{os.getpid()}@{socket.gethostname()}")
    try:
        join(store, rank, devices, device)
        while True:
            ranks.from_first(None).follow()
    except BaseException as error:
        lost = isinstance(error, RuntimeError) and bool(LOST.search(str(error)))
        report = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc(), "lost": lost}
        store.set(f"{ERROR}/{rank}", json_text(report))
        raise


def leave_with_first(store: TCPStore) -> None:
    """End this process when rank 0 says so, or has ended itself."""
    while True:
        try:
            if store.check([END]):
                os._exit(int(store.get(END)))
        except Exception:  # rank 0, which keeps the store, is gone
            os._exit(1)
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
