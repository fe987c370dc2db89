"""Facts about the machine and its device."""

import os
import platform
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import genlab
from benchmarks.device.cases import ROOT
from benchmarks.device.requirements import without


def facts(device: torch.device) -> dict[str, Any]:
    """Facts by name, for the head of the page."""
    found: dict[str, Any] = {"sentences": [note(device), *other_torch(), *without()], "device": str(device), "name": name(device)}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found["memory_GiB"] = round(properties.total_memory / 2**30, 1)
        found["capability"] = f"{properties.major}.{properties.minor}"
        found["driver"] = driver()
        found["CUDA"] = str(torch.version.cuda)
        found["cuDNN"] = str(torch.backends.cudnn.version())
    return found | {
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "Python": platform.python_version(),
        "genlab": genlab.__version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": f"python -m benchmarks.device {' '.join(sys.argv[1:])}".strip(),
    }


def note(device: torch.device) -> str:
    """Sentence that says what the numbers are worth."""
    if device.type == "cpu":
        return "**This is a run on a CPU.** It shows that the checks work; it says nothing about a GPU."
    return "Measured on the device below."


def other_torch() -> list[str]:
    """Sentence on a version of torch that genlab is not tested with."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    tested = next(package.partition("==")[2] for package in packages if package.startswith("torch=="))
    here = str(torch.__version__).partition("+")[0]
    return [] if here == tested else [f"genlab is tested with torch {tested}; this is torch {here}, which may lack what a recipe needs."]


def name(device: torch.device) -> str:
    """Name of the device."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor()


def processor() -> str:
    """Name of the processor, with the kernels that torch uses on it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor() or "unknown")
    return f"{model}, {torch.backends.cpu.get_cpu_capability()}"


def driver() -> str:
    """Version of NVIDIA's driver; "unknown" if nvidia-smi does not tell."""
    if shutil.which("nvidia-smi") is None:
        return "unknown"
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    lines = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return lines[0] if lines else "unknown"
