"""Tiny packages of registries, and clients that have them instead of a network."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def tgz(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a .tgz file."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def wheel(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a wheel that pip can download."""
    name, version = path.name.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    facts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in {**files, **facts}.items():
            archive.writestr(each, content)
    return path


def client(folder: Path, name: str, script: str) -> Path:
    """Write a program that stands for the client of a registry."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program
