"""Tests that plain files of parameters have the values that Kedro and OmegaConf read, and are opened once."""

import json
import subprocess
import sys
import textwrap

import pytest
import yaml
from conftest import ROOT, make_project
from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf

from pipelines.loader import Loader
from pipelines.plain_layers import NotPlainError, PlainLayers, plain
from pipelines.session import CONFIG_LOADER_ARGS, Session

ENVIRONMENTS = ("base", "test", "full", "whole")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_files_of_the_project_are_plain_and_have_the_values_that_kedro_reads(environment):
    expected = OmegaConfigLoader(str(ROOT / "conf"), base_env=environment, default_run_env=environment)["parameters"]
    assert PlainLayers(ROOT / "conf").layer(environment) == expected


TEXTS = [
    "",
    "# nothing",
    "a: 1e3\nb: 1.5e-4\nc: .5\nd: 1_000\ne: 0x1F\nf: 017\ng: 0o17\nh: 1.e+3\ni: -.inf\nj: +12e03",
    "a: yes\nb: No\nc: on\nd: ~\ne:\nf: 'yes'\ng: null\nh: True",
    "a: 1:30\nb: 2026-11-28\nc: 12:30:45.5\nd: 2026-11-28T10:00:00Z",
    "a: &x {b: [1, 2]}\nc: *x\nd: {<<: *x, e: 3}",
    "a: |\n  two\n  lines\nb: >-\n  one\n  line\n",
    "a: \"\\u00e9\\x41\"\nb: größe\nc: 'it''s'\nd: a#b # comment",
    "a: {b: 1, c: [x, y]}\n'2024': 5\n\"\": 6",
    '{"a": [1, 2.5, null, true], "b": {}}',
    "a: []\nb: {}\nc: ''",
    "---\na: 1\n...\n",
    "a: 123456789012345678901234567890",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_plain_file_has_the_values_that_omegaconf_reads(text):
    expected = OmegaConf.to_container(OmegaConf.create(text), resolve=True) if text.strip() else {}
    found = plain(text)
    assert repr(found) == repr(expected or {})  # also the types: 1 and 1.0 and True are equal


@pytest.mark.parametrize(
    "text",
    [
        "a: ${b}\nb: 1",
        'a: "$\\x7bb}"',
        "a: ???",
        "a: {${b}: 1}",
        "1: x",
        "null: x",
        "yes: x",
        "a: !!set {b}",
        "a: ! b",
        "a:\tb",
        "\ufeffa: 1",
        "- a",
        "hello",
        "5",
        "a: &a [*a]",
        "a: 1\na: 2",
        "a: {b: 1",
        "a: 1\n---\nb: 2",
    ],
)
def test_kedro_reads_whatever_is_not_plain(text, tmp_path):
    """Its values, or its error, are then those of Kedro's loader."""
    with pytest.raises((NotPlainError, yaml.YAMLError, RecursionError)):
        plain(text)
    (tmp_path / "base").mkdir()
    (tmp_path / "base/parameters.yml").write_text(text, encoding="utf-8")
    assert PlainLayers(tmp_path).layer("base") is None


@pytest.fixture
def conf(tmp_path):
    for name in ("base/parameters", "test", "local"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "base/parameters/a.yml").write_text("images: {one: {size: 8}}\nmine: {class: A, x: 1}\n")
    (tmp_path / "base/parameters/b.yml").write_text("images: {two: {size: 16}}\n")
    return tmp_path


def test_files_of_one_environment_are_joined_and_only_once_set_values_are_plain(conf):
    layers = PlainLayers(conf)
    assert layers.layer("base") == {"images": {"one": {"size": 8}, "two": {"size": 16}}, "mine": {"class": "A", "x": 1}}
    assert layers.layer("test") == {} and layers.layer("absent") is None
    (conf / "base/parameters/c.yml").write_text("images: {two: {size: 16}}\n")
    assert PlainLayers(conf).layer("base") is None
    (conf / "base/parameters/c.yml").write_text("images: 5\n")
    assert PlainLayers(conf).layer("base") is None


def test_hidden_files_and_files_of_other_kinds_are_no_parameters(conf):
    (conf / "base/parameters/.draft.yml").write_text("draft: 1\n")
    (conf / "base/catalog.yml").write_text("x: {type: y}\n")
    (conf / "base/deep").mkdir()
    (conf / "base/deep/parameters_more.yaml").write_text("more: 1\n")
    expected = OmegaConfigLoader(str(conf), base_env="base", default_run_env="base")["parameters"]
    assert PlainLayers(conf).layer("base") == expected and "more" in expected and "draft" not in expected


def test_values_shared_by_an_alias_and_values_of_two_calls_are_independent(conf):
    (conf / "base/parameters/a.yml").write_text("a: &x {b: [1]}\nc: *x\n")
    layers = PlainLayers(conf)
    one = layers.layer("base")
    one["a"]["b"].append(2)
    assert one["c"] == {"b": [1]} and layers.layer("base")["a"] == {"b": [1]}


def test_a_link_is_followed_as_kedro_does(conf):
    (conf / "elsewhere.yml").write_text("linked: 1\n")
    (conf / "local/parameters.yml").symlink_to(conf / "elsewhere.yml")
    assert PlainLayers(conf).layer("local") is None
    assert Loader(str(conf), **CONFIG_LOADER_ARGS)["parameters"]["linked"] == 1


def test_interpolations_and_globals_are_resolved_by_kedro(conf):
    (conf / "base/globals.yml").write_text("side: 32\n")
    (conf / "local/parameters.yml").write_text("images: {one: {size: '${globals:side}'}}\n_rate: 2\nmine: {x: '${_rate}'}\n")
    found = Loader(str(conf), runtime_params={"mine": {"y": 3}}, **CONFIG_LOADER_ARGS)["parameters"]
    assert found["images"] == {"one": {"size": 32}, "two": {"size": 16}} and found["mine"] == {"class": "A", "x": 2, "y": 3}


def test_every_layer_lies_on_the_earlier_ones_with_and_without_omegaconf(conf):
    """The same settings, once plain and once with an interpolation: base, environment, local, command line."""
    (conf / "test/parameters.yml").write_text("mine: {class: B, z: 2}\nimages: {one: {size: 9}}\n")
    (conf / "local/parameters.yml").write_text("images: {one: {size: 10}}\n_same: 1\n")
    given = {"mine": {"z": 5}}
    loader = Loader(str(conf), env="test", runtime_params=given, **CONFIG_LOADER_ARGS)
    quick, quick_committed = loader["parameters"], loader.committed()
    assert quick["mine"] == {"class": "B", "z": 5} and quick["images"]["one"] == {"size": 10}
    assert quick_committed["mine"] == {"class": "B", "z": 2} and quick_committed["images"]["one"] == {"size": 9}
    (conf / "base/parameters/c.yml").write_text("_other: ${_some}\n_some: 1\n")
    slow = Loader(str(conf), env="test", runtime_params=given, **CONFIG_LOADER_ARGS)
    extra = {"_other": 1, "_some": 1}
    assert slow["parameters"] == quick | extra and slow.committed() == quick_committed | extra


def test_the_next_session_reads_a_changed_file_again(tmp_path):
    project = make_project(tmp_path, recipes=("gan",))
    assert Session.on_disk(project).parameters["gan"]["seed"] != 77
    (project / "conf/local/parameters.yml").write_text("gan: {seed: 77}")
    assert Session.on_disk(project).parameters["gan"]["seed"] == 77


OPENS = """
    import collections, json, sys
    opened = collections.Counter()
    def note(event, arguments):
        if event == "open" and str(arguments[0]).endswith((".yml", ".yaml", ".json")):
            opened[str(arguments[0])] += 1
    sys.addaudithook(note)
    from pathlib import Path
    from kedro.framework.project import pipelines
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project
    bootstrap_project(sys.argv[1])
    if sys.argv[2] == "list":
        assert "gan" in pipelines
    else:
        from pipelines import session
        KedroSession.create(sys.argv[1], env=sys.argv[2]).load_context().catalog
        assert "gan" in pipelines and "gan" in session.current().committed()
    print(json.dumps(opened))
"""


@pytest.mark.parametrize("command", ["list", "test"])
def test_no_configuration_file_is_opened_twice_in_a_session(command, tmp_path):
    project = make_project(tmp_path, recipes=("gan", "wgan"))
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(OPENS), str(project), command], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    conf = (ROOT if command == "list" else project) / "conf"  # outside a session, Kedro lists the pipelines of the package's own project
    opened = {file: count for file, count in json.loads(run.stdout).items() if file.startswith(str(conf))}
    assert str(conf / "base/parameters/recipes/gan.yml") in opened
    assert set(opened.values()) == {1}
