"""Runs genlab's command line in this process, and makes small releases for it."""

import shlex
from pathlib import Path

import numpy as np
from PIL import Image
from served_networks import (
    CLASSES,
    MIXING,
    STYLED,
    facts_of,
    make_release,
    sampling_network,
    styled_network,
    translating_network,
    translator_facts,
)

from genlab.commands.main import main

DOMAINS = {"domains": {"a": "drawing", "b": "photo"}}


def run(capsys, line: str, *more: object) -> tuple[int, str, str]:
    """Run a command line, to which more words may be added -> (exit code, stdout, stderr)."""
    capsys.readouterr()
    code = main([*shlex.split(line), *map(str, more)])
    out, err = capsys.readouterr()
    return code, out, err


def plain(folder: Path) -> Path:
    return make_release(folder / "plain", facts_of([]), generator=sampling_network(False))


def conditional(folder: Path) -> Path:
    return make_release(folder / "conditional", facts_of(CLASSES), generator=sampling_network(True))


def styled(folder: Path) -> Path:
    return make_release(folder / "styled", facts_of(CLASSES, **STYLED), generator=styled_network(True))


def mixing(folder: Path) -> Path:
    return make_release(folder / "mixing", facts_of([], **MIXING), generator=styled_network(False, mixing=True))


def translator(folder: Path, noise: bool = False) -> Path:
    network = translating_network(noise)
    facts = translator_facts(["a_to_b", "b_to_a"], noise) | DOMAINS
    return make_release(folder / ("noisy" if noise else "translator"), facts, a_to_b=network, b_to_a=network)


def contents(folder: Path) -> dict[str, bytes]:
    """Files below a folder: relative path -> bytes."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def picture(file: Path, height: int = 9, width: int = 12, seed: int = 0, **options: object) -> np.ndarray:
    """Write a grey picture of noise and return its pixels."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    Image.fromarray(pixels).save(file, **options)
    return pixels
