"""dvc.yaml: it knows every recipe and set, names the code that decides a result, and makes nothing twice."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, make_project
from kedro.config import OmegaConfigLoader

from pipelines.settings import CONFIG_LOADER_ARGS

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMETERS = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": "base"})["parameters"]
RECIPES = {name: entry for name, entry in PARAMETERS.items() if isinstance(entry, dict) and "model" in entry}


def test_every_recipe_and_image_set_has_its_stages():
    wanted = {name: {"images": entry["images"], "recipe": entry["model"]["class"].split(".")[2]} for name, entry in RECIPES.items()}
    evaluated = STAGES["evaluate_translations"]["foreach"] | STAGES["evaluate_samples"]["foreach"]
    for items in (STAGES["train"]["foreach"], STAGES["release"]["foreach"], evaluated):
        assert {name: {key: item[key] for key in ("images", "recipe")} for name, item in items.items()} == wanted
    declared = PARAMETERS["images"]
    assert {name: (item["raw"], item["suite"]) for name, item in STAGES["prepare"]["foreach"].items()} == {
        name: (entry["source"].get("root") or module_file(entry["source"]["class"]), entry["kind"]) for name, entry in declared.items()
    }


def module_file(name: str) -> str:
    """`genlab.images.satellite.Earth` -> `genlab/images/satellite.py`, which says where a set without `root` has its pictures from."""
    return f"{name.rpartition('.')[0].replace('.', '/')}.py"


PACKAGES = {
    "prepare": "data_preparation",
    "train": "training",
    "evaluate_translations": "evaluation",
    "evaluate_samples": "evaluation",
    "release": "release",
}


# For each [stage, item, package, description] of a JSON list: what genlab files its nodes import and what its description builds.
IMPORTED = """
import ast, importlib, json, sys
from pathlib import Path
for stage, name, package, description in json.load(sys.stdin):
    for module in [module for module in sys.modules if module.partition(".")[0] == "genlab"]:
        del sys.modules[module]  # as in a fresh process, but for torch and its like
    for file in Path(f"pipelines/{package}").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("genlab."):
                importlib.import_module(node.module)
    importlib.import_module("genlab.build").check(description)
    files = [str(Path(m.__file__).relative_to(Path.cwd())) for n, m in sys.modules.items() if n.startswith("genlab.") and m.__file__]
    print(json.dumps([stage, name, files]))
"""


@pytest.fixture(scope="module")
def imported():
    """(stage, item) -> the genlab files that it imports; seen in one process, since each would take seconds to import torch."""
    items = [
        (stage, name, package, PARAMETERS["images"][name]["source"] if stage == "prepare" else RECIPES[name])
        for stage, package in PACKAGES.items()
        for name in STAGES[stage]["foreach"]
    ]
    done = subprocess.run([sys.executable, "-c", IMPORTED], cwd=ROOT, input=json.dumps(items), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {(stage, name): files for stage, name, files in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("stage", PACKAGES)
def test_a_stage_depends_on_all_the_code_that_it_runs(stage, imported):
    """Every genlab file that the stage's nodes import, at their heads or inside, and what its descriptions build, is a dependency."""
    for name, item in STAGES[stage]["foreach"].items():
        named = [
            Path(dependency)
            for each in STAGES[stage]["do"]["deps"]
            for dependency in [functools.reduce(lambda text, key: text.replace(f"${{item.{key}}}", item[key]), item, each)]
            if dependency.startswith("genlab")
        ]
        files = [Path(file) for file in imported[stage, name] if not file.endswith(("__init__.py", "errors.py"))]
        assert files and [file for file in files if not any(file.is_relative_to(each) for each in named)] == []
        assert all((ROOT / each).exists() for each in named)


@pytest.fixture
def repository(tmp_path):
    """A project under DVC whose base sizes are the test's, with a recipe that translates and one that samples.

    Each stage of each item is a process of ten seconds: of the sets only theirs, and only one of the recipes is released.
    """
    project = make_project(tmp_path, recipes=("gan", "pix2pix"))
    (project / "mlflow.db").unlink()  # here the first run makes it
    for folder in ("genlab", "pipelines"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    classifier = project / "genlab/metrics/classifier.py"
    classifier.write_text(classifier.read_text().replace("IMAGES = 64_000", "IMAGES = 640"))
    small = OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": "test"})["parameters"]
    for file in (project / "conf/base/parameters/recipes").glob("*.yml"):
        file.write_text(yaml.safe_dump({file.stem: small[file.stem]}))
    kept = yaml.safe_load((project / "dvc.yaml").read_text())
    for stage, items in {"prepare": ("emoji_pairs", "fashion"), "release": ("gan",)}.items():
        kept["stages"][stage]["foreach"] = {name: STAGES[stage]["foreach"][name] for name in items}
    for stage in ("train", "evaluate_translations", "evaluate_samples"):
        kept["stages"][stage]["foreach"] = {k: v for k, v in STAGES[stage]["foreach"].items() if k in ("pix2pix", "gan")}
    (project / "dvc.yaml").write_text(yaml.safe_dump(kept))
    (project / ".dvc").mkdir()
    (project / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    return project


def dvc(project: Path, *arguments: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_repro_makes_everything_once(repository):
    made = dvc(repository, "repro")
    assert all(f"{stage}@" in made for stage in STAGES)
    lock = (repository / "dvc.lock").read_text()
    assert "Data and pipelines are up to date" in dvc(repository, "repro")
    # A registered version was made, and no run id or date entered what DVC keeps: made again, everything is the same.
    dvc(repository, "repro", "--force", "--single-item", "evaluate_samples@gan")
    assert (repository / "dvc.lock").read_text() == lock
    assert "kid_efflite0" in dvc(repository, "metrics", "show")
