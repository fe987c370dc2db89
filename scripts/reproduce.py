"""Train two recipes from scratch in a fresh clone with `dvc repro`, and compare weights and scores with the record.

So that it takes minutes, the clone gets the small evaluation of conf/test, and the GAN a budget of 10,000 images.

The record, docs/results/reproduce.json, holds the SHA-256 of the checkpoint and all scores, computed with portable digits: any x86-64
processor with AVX2 should give the same. The clone has the committed files only, no cache of DVC, and an MLflow store of its own.

    python scripts/reproduce.py            # exit status 1 if something differs
    python scripts/reproduce.py --write    # write the record, after a change that changes digits
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.engine.files import sha256  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.engine.portable import OTHERS, PINNED, obstacles  # noqa: E402

RECIPES = ("gmm_digits", "original_gan_digits")  # a mixture and a GAN
BUDGETS = {"original_gan_digits": 10_000}  # images; that of conf/base for the others
RECORD = ROOT / "docs" / "results" / "reproduce.json"


def reproduced(folder: Path) -> dict[str, Any]:
    """Clone the project's last commit into a folder, run the recipes there, and collect what they made."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    shorten(folder / "conf")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(folder)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    subprocess.run(
        [sys.executable, "-m", "dvc", "repro", *[f"evaluate@{name}" for name in RECIPES]], cwd=folder, env=environment, check=True
    )
    return {name: result(folder, name) for name in RECIPES}


def shorten(conf: Path) -> None:
    """Write the smaller budgets and the small evaluation into conf/base."""
    for name, images in BUDGETS.items():
        file = conf / "base/parameters/recipes" / f"{name}.yml"
        description = yaml.safe_load(file.read_text(encoding="utf-8"))
        description[name]["budget"]["images"] = images
        file.write_text(yaml.safe_dump(description), encoding="utf-8")
    base, small = (conf / environment / "parameters/evaluation.yml" for environment in ("base", "test"))
    entry, few = (yaml.safe_load(each.read_text(encoding="utf-8"))["evaluation"] for each in (base, small))
    base.write_text(yaml.safe_dump({"evaluation": entry | few}), encoding="utf-8")


def result(folder: Path, recipe: str) -> dict[str, Any]:
    """The hash of the checkpoint of a recipe, and its scores."""
    scores = json.loads((folder / "data/08_reporting" / recipe / "metrics.json").read_text(encoding="utf-8"))
    return {
        "checkpoint": sha256(folder / "data/06_models" / recipe / "checkpoint.safetensors"),
        **flat({name: each for name, each in scores.items() if name not in ("checkpoint", "protocol")}),
    }


def flat(tree: Any, name: str = "") -> dict[str, Any]:
    """A tree of values -> {dotted name: value}."""
    if isinstance(tree, Mapping):
        return {key: value for part, each in tree.items() for key, value in flat(each, f"{name}.{part}".lstrip(".")).items()}
    return {name: tree}


def differences(found: Mapping[str, Any], recorded: Mapping[str, Any]) -> list[str]:
    """What differs, one line each."""
    return [
        f"{name}: {found.get(name)} (record: {recorded.get(name)})"
        for name in {**recorded, **found}
        if found.get(name) != recorded.get(name)
    ]


def main() -> None:
    """Reproduce and compare, or write the record."""
    parser = argparse.ArgumentParser(description="Reproduce small recipes from scratch and compare them with the record.")
    parser.add_argument("--write", action="store_true", help="write the record")
    write = parser.parse_args().write
    for name in (*PINNED, *OTHERS):
        os.environ.pop(name, None)  # e.g. the number of threads of a shell: the record has its own
    if reasons := obstacles():
        sys.exit(f"Digits cannot be compared: {'; '.join(reasons)}.")
    if subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True, check=True).stdout:
        print("Changes that are not committed are not part of this.", file=sys.stderr)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="genlab-reproduce-") as folder:
        found = reproduced(Path(folder) / "genlab")
    if write:
        RECORD.write_text(json_text(found, indent=1) + "\n", encoding="utf-8")
        return
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    wrong = {name: differences(found[name], recorded[name]) for name in RECIPES}
    for name, lines in wrong.items():
        equal = f"weights and all {len(found[name]) - 1} values of its scores are those of the record"
        print(f"{name}: " + ("\n  ".join([f"{len(lines)} of {len(found[name])} values differ", *lines]) if lines else equal))
    print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
