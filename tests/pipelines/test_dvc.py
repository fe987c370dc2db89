"""dvc.yaml: it knows every recipe and set, names the code that decides a result, and makes nothing twice."""

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
    for stage in ("train", "release"):
        assert STAGES[stage]["foreach"] == wanted
    assert STAGES["evaluate_translations"]["foreach"] | STAGES["evaluate_samples"]["foreach"] == wanted
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


@pytest.mark.parametrize("stage", PACKAGES)
def test_a_stage_depends_on_all_the_code_that_it_runs(stage):
    """Every genlab file that the stage's nodes import, at their heads or inside, and what its descriptions build, is a dependency."""
    for name, item in STAGES[stage]["foreach"].items():
        described = json.dumps(PARAMETERS["images"][name]["source"] if stage == "prepare" else RECIPES[name])
        code = f"""
import ast, importlib, json, sys
from pathlib import Path
from genlab.build import check
for file in Path("pipelines/{PACKAGES[stage]}").rglob("*.py"):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("genlab."):
            importlib.import_module(node.module)
check(json.loads({described!r}))
print(*(Path(m.__file__).relative_to(Path.cwd()) for n, m in sys.modules.items() if n.startswith("genlab.") and m.__file__))
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        named = [
            Path(dependency)
            for each in STAGES[stage]["do"]["deps"]
            for dependency in [each.replace("${item.recipe}", item.get("recipe", "")).replace("${item.raw}", item.get("raw", ""))]
            if dependency.startswith("genlab")
        ]
        imported = [Path(file) for file in done.stdout.split() if not file.endswith(("__init__.py", "errors.py"))]
        assert [file for file in imported if not any(file.is_relative_to(each) for each in named)] == []
        assert all((ROOT / each).exists() for each in named)


@pytest.fixture
def repository(tmp_path):
    """A project under DVC whose base sizes are the test's, with a recipe that translates and one that samples."""
    project = make_project(tmp_path)
    for folder in ("genlab", "pipelines"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    small = OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": "test"})["parameters"]
    for file in (project / "conf/base/parameters/recipes").glob("*.yml"):
        file.write_text(yaml.safe_dump({file.stem: small[file.stem]}))
    kept = yaml.safe_load((project / "dvc.yaml").read_text())
    del kept["stages"]["prepare"]["foreach"]["satellite"]  # its pictures need a package, and 30 seconds
    for stage in set(STAGES) - {"prepare"}:
        kept["stages"][stage]["foreach"] = {k: v for k, v in STAGES[stage]["foreach"].items() if k in ("cyclegan", "gan")}
    (project / "dvc.yaml").write_text(yaml.safe_dump(kept))
    dvc(project, "init", "--no-scm")
    dvc(project, "config", "core.analytics", "false")
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
    dvc(repository, "repro", "--force", "--single-item", "train@gan", "evaluate_samples@gan")
    assert (repository / "dvc.lock").read_text() == lock
    assert "kid_efflite0" in dvc(repository, "metrics", "show")
