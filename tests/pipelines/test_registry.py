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


NAMES = {  # key in YAML -> the set's pipeline, expected words; no words: the name is usable
    "v1.0": (
        "prepare_v1.0",
        "the name of an image set has letters, digits, _ and -, the first a letter or digit; got 'v1.0'. Rename it, e.g. 'v1_0'",
    ),
    "my set": ("prepare_my set", "got 'my set'. Rename it, e.g. 'my_set'"),
    "a/b": ("prepare_a/b", "got 'a/b'. Rename it, e.g. 'a_b'"),
    '"{set}"': ("prepare_{set}", "got '{set}'. Rename it, e.g. 'set'"),
    '".."': ("prepare_..", "got '..'. Rename it, e.g. 'mine'"),
    '""': ("prepare_", "got ''. Rename it, e.g. 'mine'"),
    "2024": ("prepare_2024", "is text; got 2024, which YAML reads as int. Write it in quotes: '2024'"),
    "yes": ("prepare_True", "is text; got True, which YAML reads as bool"),
    "EMOJI": ("prepare_EMOJI", "the names 'emoji' and 'EMOJI' stand for the same folders in data/"),
    "gan": ("prepare_gan", "the names 'gan', of an image set and of a recipe, stand for the same folders"),
    '"2025"': ("prepare_2025", ""),
    "items": ("prepare_items", ""),
    "Birds-2": ("prepare_Birds-2", ""),
    "größe": ("prepare_größe", ""),
}


def with_local(project, text: str) -> dict:
    """Pipelines of the project with these parameters in conf/local."""
    local = project / "conf/local/parameters"
    local.mkdir(parents=True, exist_ok=True)
    (local / "mine.yml").write_text(text, encoding="utf-8")
    with session.using(session.Session.on_disk(project)):
        return pipeline_registry.register_pipelines()


def complaint(pipeline) -> str:
    """Message of a refused pipeline; "" for a usable one."""
    try:
        [node.run({}) for node in pipeline.nodes if pipeline_registry.REFUSED in node.tags]
    except InputError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("names"), recipes=("gan",))


def test_names_of_image_sets_are_usable_or_refused_with_the_allowed_form(small):
    entry = "{kind: unlabelled, source: {class: genlab.images.sources.Folder, root: x}, size: 8}"
    pipelines = with_local(small, "images:\n" + "".join(f"  {name}: {entry}\n" for name in NAMES))
    for pipeline, words in NAMES.values():
        assert words in complaint(pipelines[pipeline])
        assert bool(words) is bool(complaint(pipelines[pipeline]))
    assert not complaint(pipelines["prepare_fashion"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "v1.0",
            "v1.0: the name of a recipe has letters, digits, _ and -, the first a letter or digit; got 'v1.0'. Rename it, e.g. 'v1_0'.",
        ),
        ("style", "style: the name 'style' is that of a family of recipes. Rename the recipe."),
        ("prepare_emoji", "prepare_emoji: the name 'prepare_emoji' is that of another pipeline. Rename the recipe."),
        ("2024", "is text; got 2024"),
        ("Gan", "the names 'Gan' and 'gan' stand for the same folders"),
        ("items", ""),
        ("Größe-2", ""),
    ],
)
def test_names_of_recipes_are_usable_or_refused_with_the_allowed_form(small, name, words):
    text = (small / "conf/base/parameters/recipes/gan.yml").read_text().replace("gan:\n", f"{name}:\n", 1)
    pipelines = with_local(small, text.replace("family: adversarial", "family: style") + "_draft: {model: {}}\n")
    assert words in complaint(pipelines[name])
    assert bool(words) is bool(complaint(pipelines[name]))
    assert "_draft" not in pipelines


def test_a_recipe_of_a_list_of_sets_is_one_clear_error(small):
    assert "gan.images: '['emoji', 'fashion']' is not an image set" in complaint(
        with_local(small, "gan: {images: [emoji, fashion]}")["gan"]
    )


def test_a_wrong_name_is_one_message_of_kedro_run(small):
    with_local(small, "images: {v1.0: {kind: unlabelled, source: {class: genlab.images.sources.Folder, root: x}, size: 8}}")
    with pytest.raises(InputError, match=r"images.v1.0: the name of an image set has letters"):
        run_kedro(small, "prepare_v1.0")
