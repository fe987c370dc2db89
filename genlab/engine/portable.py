"""Portable digits: instruction set and number of threads are pinned before torch and numpy are loaded."""

import logging
import os
import platform
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from genlab.errors import InputError

SWITCH = "GENLAB_PORTABLE"  # environment variable; 1: pin this process and those that it starts
# Libraries choose kernels by the processor and divide sums by the number of threads. These variables make the choice that every x86-64
# processor with AVX2 can make, with two threads on any number of cores. Each library reads its own when it is loaded or first used.
PINNED = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own kernels
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions
    "MKL_CBWR": "COMPATIBLE",  # products of matrices, elementary functions; its AVX2 branch gives other digits on AMD's processors
    "MKL_DYNAMIC": "FALSE",  # MKL would use fewer threads on fewer cores
    "OMP_NUM_THREADS": "2",
    "OMP_DYNAMIC": "FALSE",
    "OPENBLAS_CORETYPE": "Haswell",  # linear algebra of numpy, scipy and scikit-learn
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # numpy's elementary functions
}
OTHERS = ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # a user may have set them; they count more than OMP_NUM_THREADS
NEEDED = ("avx2", "fma")  # flags of the processor
EARLIER = ("numpy", "torch")  # modules that read these variables when they are loaded
PROCESSORS = Path("/proc/cpuinfo")

logger = logging.getLogger(__name__)


class NotPinnedError(InputError):
    """Portable digits are asked for by a setting, in a process that is not pinned."""


def pin() -> None:
    """Pin this process if the environment asks for it. Variables that the user has set stay. Does nothing if it comes too late."""
    if requested() and not any(name in sys.modules for name in EARLIER):
        for name, value in PINNED.items():
            os.environ.setdefault(name, value)


def requested(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for portable digits.

    Raises:
        InputError: the variable is neither 0 nor 1.
    """
    value = environment.get(SWITCH, "")
    if value not in ("", "0", "1"):
        raise InputError(f"{SWITCH}: got '{value}', expected 1 (portable digits), 0 or nothing. Change the environment variable.")
    return value == "1"


def is_on() -> bool:
    """Whether this process computes portable digits. Warns, once, if it is pinned and does not for another reason."""
    if not requested():
        return False
    if missing := [name for name in PINNED if name not in os.environ]:
        raise InputError(
            f"{SWITCH}: got 1, but {' and '.join(name for name in EARLIER if name in sys.modules)} was imported before genlab, so that "
            f"{', '.join(missing)} cannot be set. Import genlab first."
        )
    reasons = obstacles()
    if reasons:
        warn("; ".join(reasons))
    return not reasons


def resolved(portable: bool | Literal["auto"]) -> bool:
    """Whether to compute portable digits, of a setting.

    Raises:
        NotPinnedError: the setting is true, and the environment does not ask for it.
        InputError: the setting is false although the environment asks for it, or it is true and this machine or a variable prevents it.
    """
    if portable == "auto":
        return is_on()
    if not isinstance(portable, bool):
        raise InputError(f"compute.portable: got {portable!r}, expected true, false or auto.")
    if portable and not requested():
        raise NotPinnedError(f"compute.portable: got true, which needs {SWITCH}=1 in the environment. Set it before Python starts.")
    if not portable and requested():
        raise InputError(f"compute.portable: got false with {SWITCH}=1 in the environment, as in dvc.yaml. Remove one of them.")
    if portable and not is_on():
        raise InputError(f"compute.portable: got true, but {'; '.join(obstacles())}. Change that, or set `portable: auto`.")
    return portable


def marks() -> list[str]:
    """For keys of caches: ["portable"] if digits are portable, else nothing."""
    return ["portable"] if is_on() else []


def obstacles() -> list[str]:
    """Reasons why the digits of a pinned process are not portable, in words."""
    wanted = PINNED | dict.fromkeys(OTHERS, PINNED["OMP_NUM_THREADS"])
    changed = [f"{name}={os.environ[name]} (expected {value})" for name, value in wanted.items() if os.environ.get(name, value) != value]
    return [*lacking(), *([f"the environment has {', '.join(changed)}"] if changed else [])]


def lacking() -> list[str]:
    """What this processor lacks, in words."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return [f"this processor is no x86-64 but {platform.machine()}"]
    try:
        flags = re.search(r"^flags\s*:(.*)$", PROCESSORS.read_text(), re.MULTILINE)
    except OSError:  # macOS
        flags = None
    missing = [name for name in NEEDED if flags is None or name not in flags[1].split()]
    return [f"this processor is not known to have {' and '.join(missing)}"] if missing else []


@cache
def warn(reason: str) -> None:
    """Warn that digits are not portable; once per reason."""
    logger.warning("Digits are not portable, although %s=1: %s.", SWITCH, reason)
