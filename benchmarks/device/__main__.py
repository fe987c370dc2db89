"""Check and measure genlab on a device.

    python -m benchmarks.device --device cuda --out docs/performance/device_cuda
    python -m benchmarks.device --device cpu --quick

Writes <out>.json, <out>.md and pictures <out>_<recipe>.png after every row, so that a run that is killed leaves what it has. The exit
status is 1 if a check failed.
"""

import argparse
import json
import logging
import os
import sys
import time
from pathlib import Path

from benchmarks.device.requirements import check_required
from genlab.errors import InputError

PARTS = {"recipes": 0.22, "precision": 0.08, "peak": 0.03, "speed": 0.13, "variants": 0.12, "training": 0.42}  # shares of the time


def main() -> int:
    """Run the checks -> exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description="Check and measure genlab on a device.")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, mps or cpu (default: cuda)")
    parser.add_argument("--out", type=Path, help="path of the results without suffix (default: docs/performance/device_<device>)")
    parser.add_argument(
        "--parts", default=",".join(PARTS), help="comma-separated; results of others stay as they are (default: %(default)s)"
    )
    parser.add_argument("--minutes", type=float, default=7.5, help="time of the whole run; what does not fit is left out (default: 7.5)")
    parser.add_argument("--seconds", type=float, default=60, help="longest time of each training (default: 60)")
    parser.add_argument("--quick", action="store_true", help="everything as small as possible: shows that the checks run")
    arguments = parser.parse_args()
    try:
        check_required()
        return checked(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def checked(arguments: argparse.Namespace) -> int:
    """Run the chosen parts -> exit status.

    Raises:
        InputError: a part has another name, or the device is not there.
    """
    began = time.monotonic()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it, cuBLAS is not deterministic
    wanted = [name.strip() for name in arguments.parts.split(",")]
    for name in wanted:
        if name not in PARTS:
            raise InputError(f"--parts: got '{name}', expected some of: {', '.join(PARTS)}.")
    import torch

    from benchmarks.device import machine
    from benchmarks.device.parts import run_parts
    from benchmarks.device.report import Report
    from genlab.engine.compute import Compute
    from genlab.training.interruption import Interrupted

    logging.getLogger("genlab").setLevel(logging.ERROR)
    device = Compute(arguments.device).device
    torch.backends.cudnn.deterministic = True
    out = arguments.out or Path(f"docs/performance/device_{device.type}")
    out.parent.mkdir(parents=True, exist_ok=True)
    results = out.with_suffix(".json")
    former = json.loads(results.read_text(encoding="utf-8"))["parts"] if results.is_file() and set(wanted) < set(PARTS) else {}
    report = Report(out, machine.facts(device), 60 * arguments.minutes - (time.monotonic() - began), former)
    try:
        run_parts(report, device, {name: share for name, share in PARTS.items() if name in wanted}, arguments.seconds, arguments.quick)
    except Interrupted as stop:
        print(f"Stopped. {out.with_suffix('.md')} has the results so far.", file=sys.stderr)
        return stop.exit_code
    print(f"{out.with_suffix('.md')}: {report.failures} failures, {report.content['facts']['seconds']:.0f} s")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
