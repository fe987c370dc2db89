"""Tests of the pipeline registry: what it imports, its errors, and new recipes."""

import subprocess
import sys
import textwrap

import pytest
from conftest import ROOT, make_project, run_kedro

from genlab.errors import InputError
from pipelines import pipeline_registry, session
from scripts import fingerprints

HEAVY = ("torch", "mlflow", "great_expectations", "albumentations", "lightning_fabric", "onnxruntime", "matplotlib", "sklearn")


def python(code: str) -> str:
    """Output of this code in a new process."""
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_listing_pipelines_imports_nothing_heavy():
    loaded = python("""
        import sys
        from kedro.framework.project import pipelines
        from kedro.framework.startup import bootstrap_project
        bootstrap_project(".")
        assert {"cyclegan", "prepare_emoji", "__default__"} <= set(pipelines)
        print(*{name.split(".")[0] for name in sys.modules})
    """)
    assert not set(loaded.split()) & set(HEAVY)


def test_genlab_imports_no_framework():
    loaded = python("""
        import importlib, pkgutil, sys
        import genlab
        for module in pkgutil.walk_packages(genlab.__path__, "genlab."):
            importlib.import_module(module.name)
        print(*{name.split(".")[0] for name in sys.modules})
    """)
    assert not set(loaded.split()) & {"kedro", "mlflow", "dvc", "great_expectations", "pipelines"}


@pytest.mark.parametrize("arguments", [["--pipeline=cyclgan"]])
def test_the_error_for_a_misspelt_pipeline_suggests_the_correct_one(arguments):
    result = subprocess.run([sys.executable, "-m", "kedro", "run", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "cyclgan" in result.stderr and "cyclegan" in result.stderr.replace("cyclgan", "")
    assert "Traceback" not in result.stderr


def test_a_new_recipe_needs_only_its_yaml_file(tmp_path):
    """One file in conf/ adds a pipeline, a member of a family and fingerprints for DVC; no other file changes."""
    project = make_project(tmp_path, recipes=("gan",))
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    folder = project / "conf/base/parameters/recipes"
    (folder / "mine.yml").write_text((folder / "gan.yml").read_text().replace("gan:\n", "mine:\n", 1))
    with session.using(session.Session.on_disk(project)):
        pipelines = pipeline_registry.register_pipelines()
        assert {node.name for node in pipelines["mine"].nodes} <= {node.name for node in pipelines["adversarial"].nodes}
    parameters = session.Session.on_disk(project).parameters
    assert {stage for stage, name, _ in fingerprints.fingerprints(parameters, ROOT) if name == "mine"} == {"train", "evaluate", "release"}
    assert {file: content for file, content in before.items() if file.read_bytes() != content} == {}


@pytest.fixture
def broken(tmp_path):
    """A project in which one recipe has an unknown family, one an unknown set, and three image sets are declared wrongly."""
    project = make_project(tmp_path, recipes=("gan", "lsgan", "wgan", "cyclegan"))
    local = project / "conf/local/parameters"
    local.mkdir(parents=True)
    (local / "mine.yml").write_text(
        "gan: {family: adverserial}\nlsgan: {images: fashon}\nwgan: {images: flowers}\n"
        "images: {flowers: {size: 32}, birds: null, cats: {kind: hello}}\n"
    )
    return project


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("gan", r"gan\.family: got 'adverserial', expected one of adversarial, .*Did you mean 'adversarial'"),
        ("lsgan", r"lsgan\.images: 'fashon' is not an image set\. Did you mean 'fashion'"),
        ("wgan", r"images\.flowers\.kind: got None, expected one of unlabelled, labelled, paired, unpaired"),
        ("prepare_birds", r"images\.birds: got None, expected a mapping with `kind`"),
        ("prepare_cats", r"images\.cats\.kind: got 'hello', expected one of"),
    ],
)
def test_a_wrong_entry_is_one_clear_error_of_its_own_pipeline(broken, pipeline, message):
    with pytest.raises(InputError, match=message):
        run_kedro(broken, pipeline)
    with session.using(session.Session.on_disk(broken)):
        assert {"cyclegan", "prepare_emoji", "gan", "wgan"} <= set(pipeline_registry.register_pipelines())
