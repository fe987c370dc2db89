"""Tests of dvc.yaml: it lists every recipe and image set, depends on the code that determines a result, and makes nothing twice."""

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
from ruamel.yaml import YAML

from pipelines.fetching.parameters import set_of
from pipelines.settings import CONFIG_LOADER_ARGS
from pipelines.training.initial import ancestor_of
from scripts import fingerprints as script

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMETERS = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": "base"})["parameters"]
RECIPES = {name: entry for name, entry in PARAMETERS.items() if isinstance(entry, dict) and "model" in entry}


def test_every_recipe_and_image_set_has_its_stages():
    """All stages share the lists of recipes; these lists and the list of image sets agree with conf/."""
    sources = {name: ancestor_of(entry, RECIPES) for name, entry in RECIPES.items()}
    wanted = {name: {"images": entry["images"]} | ({"from": sources[name]} if sources[name] else {}) for name, entry in RECIPES.items()}
    for stage in ("evaluate", "release"):
        assert STAGES[stage]["foreach"] == wanted, "add the recipe to the list under `train` in dvc.yaml, or remove it there"
    for stage, tuned in (("train", False), ("finetune", True)):
        assert STAGES[stage]["foreach"] == {name: item for name, item in wanted.items() if ("from" in item) == tuned}
    # Sets that are fetched by name need no stages here: those would download them.
    declared = {name: entry for name, entry in PARAMETERS["images"].items() if not fetched(entry) or name in STAGES["prepare"]["foreach"]}
    assert {name: (item["raw"], item["suite"]) for name, item in STAGES["prepare"]["foreach"].items()} == {
        name: (entry["source"].get("root") or module_file(entry["source"]["class"]), entry["kind"]) for name, entry in declared.items()
    }


def fetched(image_set: dict) -> str:
    """Name of the data set that an image set needs; "" if it needs none."""
    return set_of(image_set["source"].get("root"), PARAMETERS["fetch"])


def test_every_claim_has_its_stage():
    claims = PARAMETERS["theory"]["claims"]
    assert STAGES["measure"]["foreach"] == list(claims), "list the claim under `measure` in dvc.yaml, or remove it there"
    assert STAGES["theory"]["deps"] == [f"data/08_reporting/theory/{name}" for name in claims], "list the claim under `theory` as well"


@pytest.mark.parametrize(
    "file", ["dvc.yaml", "dvc.lock", *sorted(str(each.relative_to(ROOT)) for each in ROOT.glob("conf/*/parameters/**/*.yml"))]
)
def test_dvc_reads_its_files_with_libyaml_and_the_values_of_the_parser_in_python(file):
    """libyaml takes a seventh of the time. It wants addresses such as `http://...` in quotes within braces."""
    text = (ROOT / file).read_text()
    quick, plain = YAML(typ="safe"), YAML(typ="safe", pure=True)
    assert quick.Parser.__module__.startswith("ruamel.yaml.clib")
    assert repr(quick.load(text)) == repr(plain.load(text))


def module_file(name: str) -> str:
    """`genlab.images.sources.satellite.Earth` -> `genlab/images/sources/satellite.py`: the raw data of a set without `root`."""
    return f"{name.rpartition('.')[0].replace('.', '/')}.py"


# Prints the files of genlab that Python imports, for each [stage, item, package, modules, description] of a JSON list.
IMPORTED = """
import ast, importlib, json, sys
from pathlib import Path
for stage, name, package, modules, description in json.load(sys.stdin):
    for module in [module for module in sys.modules if module.partition(".")[0] == "genlab"]:
        del sys.modules[module]  # as in a new process, except for torch and other packages
    needed = set(modules)
    for file in Path(f"pipelines/{package}").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("genlab"):
                needed |= {node.module}
    pictures = {module for module in needed if module.startswith("genlab.pictures")} if stage == "train" else set()
    for module in needed - pictures:
        importlib.import_module(module)
    importlib.import_module("genlab.build").check(description)
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "genlab" and module.__file__]
    files = [str(Path(module.__file__).relative_to(Path.cwd())) for module in ours]
    print(json.dumps([stage, name, files]))
"""
CLAIM = "cross_entropy"  # takes no time
SOME = (CLAIM, "emoji", "satellite", "digits", "cyclegan", "pix2pix", "gan", "biggan", "stylegan2_ada", "vae_mixture", "gmm")


@pytest.fixture(scope="module")
def fingerprints():
    """(stage, item) -> {file: hash}, computed by the script."""
    return {(stage, name): files for stage, name, files in script.fingerprints(PARAMETERS, ROOT)}


def test_a_stage_depends_only_on_the_code_that_it_imports(fingerprints):
    """Compare with the modules that Python imports for the nodes of the stage and for the objects in its description."""
    items = [
        (stage, name, package, modules, description)
        for stage, (package, modules) in script.STAGES.items()
        for name, description in script.items(stage, PARAMETERS).items()
        if name in SOME
    ]
    done = subprocess.run([sys.executable, "-c", IMPORTED], cwd=ROOT, input=json.dumps(items), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for stage, name, files in map(json.loads, done.stdout.splitlines()):
        found = {file for file in fingerprints[stage, name] if file.startswith("genlab/")}
        lazy = {file for file in found if stage == "evaluate" and file.startswith(LAZY)}
        missing, superfluous = sorted(set(files) - found), sorted(found - set(files) - lazy)
        assert not missing, f"{stage} of {name} imports {missing}, which its fingerprint lacks: see STAGES in scripts/fingerprints.py"
        assert not superfluous, f"{stage} of {name} does not import {superfluous}: see STAGES in scripts/fingerprints.py"


# genlab.pictures.evaluation imports these in functions, for recipes that have such pictures, so that all evaluations depend on them.
LAZY = ("genlab/pictures/", "genlab/styles/", "genlab/variational/", "genlab/networks/")


# Training scores its weights now and then: the score that selects a checkpoint, and nothing else of evaluation.
SELECTION = (
    "genlab/evaluation/__init__.py",
    "genlab/evaluation/sampler.py",
    "genlab/evaluation/selection.py",
    "genlab/export/__init__.py",
    "genlab/export/networks.py",
    "genlab/metrics/__init__.py",
    "genlab/metrics/blocks.py",
    "genlab/metrics/counts.py",
    "genlab/metrics/discrepancy.py",
    "genlab/metrics/kernel.py",
    "genlab/metrics/names.py",
)


def test_training_does_not_depend_on_other_networks_or_on_scores(fingerprints):
    files = set(fingerprints["train", "gan"])
    assert {"genlab/recipes/gan.py", "genlab/networks/dcgan.py", "genlab/training/fit.py", "pipelines/training/nodes.py"} <= files
    rooms = ("genlab/metrics", "genlab/evaluation", "genlab/export", "genlab/pictures")
    assert {file for file in files if file.startswith(rooms)} <= set(SELECTION)
    assert not {"genlab/networks/unet.py", "genlab/networks/stylegan2.py", "genlab/recipes/vae.py"} & files


@pytest.fixture
def repository(tmp_path):
    """A project under DVC with the sizes of the test environment, a translation recipe and a sampling recipe.

    Each stage of each item is a process of ten seconds, so only their image sets are prepared and only one recipe is released.
    """
    project = make_project(tmp_path, recipes=("gan", "pix2pix"))
    (project / "mlflow.db").unlink()  # the first run creates it
    for folder in ("genlab", "pipelines", "scripts"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    small = OmegaConfigLoader(str(project / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": "test"})["parameters"]
    for file in (project / "conf/base/parameters/recipes").glob("*.yml"):
        file.write_text(yaml.safe_dump({file.stem: small[file.stem]}))
    (project / "conf/base/parameters/evaluation.yml").write_text(yaml.safe_dump({"evaluation": small["evaluation"]}))
    kept = yaml.safe_load((project / "dvc.yaml").read_text())
    for stage, items in {"prepare": ("emoji_pairs", "fashion"), "release": ("gan",)}.items():
        kept["stages"][stage]["foreach"] = {name: STAGES[stage]["foreach"][name] for name in items}
    for stage in ("train", "evaluate"):
        kept["stages"][stage]["foreach"] = {k: v for k, v in STAGES[stage]["foreach"].items() if k in ("pix2pix", "gan")}
    kept["stages"]["measure"]["foreach"], kept["stages"]["theory"]["deps"] = [CLAIM], [f"data/08_reporting/theory/{CLAIM}"]
    theory = small["theory"] | {"claims": {CLAIM: small["theory"]["claims"][CLAIM]}}
    (project / "conf/base/parameters/theory.yml").write_text(yaml.safe_dump({"theory": theory}))
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
    assert all(f"{stage}@" in made or f"'{stage}'" in made for stage in STAGES if STAGES[stage].get("foreach") != {})
    lock = (repository / "dvc.lock").read_text()
    assert "Data and pipelines are up to date" in dvc(repository, "repro")
    # A version was registered, and no file that DVC tracks contains a run id or date: evaluating again changes nothing.
    dvc(repository, "repro", "--force", "--single-item", "evaluate@gan")
    assert (repository / "dvc.lock").read_text() == lock
    assert "kid_efflite0" in dvc(repository, "metrics", "show")


def test_every_data_set_has_a_stage_and_a_plain_repro_downloads_nothing(tmp_path):
    """The stages are in a file of their own, which DVC reads on request only."""
    stages = yaml.safe_load((ROOT / "fetch/dvc.yaml").read_text())["stages"]
    assert stages["fetch"]["foreach"] == sorted(PARAMETERS["fetch"]["sets"]), "list the data set in fetch/dvc.yaml, or remove it there"
    for name in ("conf/base/parameters", "genlab/fetching"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "fetch").mkdir()
    for name in ("fetch/dvc.yaml", ".gitignore", ".dvcignore"):  # DVC does not look for stages in folders that git ignores
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"other": {"cmd": "echo", "deps": ["conf"]}}}))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    assert "fetch" not in dvc(tmp_path, "repro", "--dry")
    shown = dvc(tmp_path, "repro", "--dry", "fetch/dvc.yaml:fetch@digits")
    assert "kedro run --env=dvc --pipelines=fetch --params=fetch.set=digits" in shown and "openmoji" not in shown
    # A stage that depends on a set brings it along.
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"other": {"cmd": "echo", "deps": ["data/01_raw/digits"]}}}))
    assert "fetch.set=digits" in dvc(tmp_path, "repro", "--dry")
