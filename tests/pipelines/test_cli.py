"""Tests of the messages of `kedro run`: each wrong input is one message without a traceback, and starts no run."""

import pytest
from click.testing import CliRunner
from conftest import make_project
from kedro.framework.startup import bootstrap_project

from pipelines.cli import run


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("cli"), recipes=("gan",))


def said(project, monkeypatch, *options):
    """The message of a `kedro run` that fails."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    result = CliRunner().invoke(run, ["--pipelines=gan", *options], obj=bootstrap_project(project))
    assert result.exit_code in (1, 2) and isinstance(result.exception, SystemExit), result.exception
    return result.output


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (
            "--tags=trian",
            "--tags: got 'trian', expected one or more of prepare, train, evaluate, release, measure, page, make, analyse. Did you mean",
        ),
        ("--tags=none", "--tags: got 'none', expected one or more of"),
        ("--runner=ThreadRunner", "--runner: got ThreadRunner, expected SequentialRunner"),
        ("--runner=kedro.runner.ParallelRunner", "--runner: got ParallelRunner, expected SequentialRunner"),
        ("--load-versions=gan.checkpoint:2020", "--load-versions: no dataset has versions here"),
        ("--env=tset", "--env: there is no 'tset' in "),
        ("--nodes=foo", "Pipeline does not contain nodes named ['foo']"),
        ("--to-outputs=foo", "Pipeline does not contain datasets named ['foo']"),
        ("--params=gan.model.generator_optimizer.lr=hello", "gan.model.generator_optimizer.lr: got 'hello', expected float."),
        ("--params=gan.model.generator_optimizer.betas=0.5", "gan.model.generator_optimizer.betas: got 0.5, expected a list."),
        ("--params=gan.model.generator=5", "gan.model.generator: got 5, expected "),
        ("--params=gan.model=5", "gan.model: expected {class: genlab.recipes"),
        ("--params=gan.budget=3", "gan.budget: got 3, expected a mapping with: images, batch_size, sampling."),
        ("--params=gan.budget=null", "gan.budget: got None, expected a mapping."),
        ("--params=gan.budget.images=0", "gan.budget.images: got 0, expected greater than 0."),
        ("--params=gan.monitoring.log_every=null", "gan.monitoring.log_every: got None, expected a valid integer."),
        ("--params=gan.compute=gpu", "gan.compute: got 'gpu', expected {class: genlab...., its arguments}."),
        ("--params=gan.augmentation=[1]", "gan.augmentation: got [1], expected {class: genlab...., its arguments}, or null for none."),
        ("--params=images.fashion.size=hello", "images.fashion.size: got 'hello', expected a valid integer."),
        ("--tags=evaluate", "does not exist. Make it: `kedro run --pipeline=prepare_fashion`"),
    ],
)
def test_a_wrong_input_is_one_message(project, monkeypatch, option, message):
    printed = said(project, monkeypatch, option, "--env=test") if not option.startswith("--env") else said(project, monkeypatch, option)
    assert message in printed and "Traceback" not in printed and "pydantic" not in printed
    assert not (project / "mlartifacts").exists()


def test_an_unknown_pipeline_is_one_line_with_the_nearest_name(project, monkeypatch):
    monkeypatch.chdir(project)
    result = CliRunner().invoke(run, ["--pipelines=gann", "--env=test"], obj=bootstrap_project(project))
    assert result.exit_code == 1
    assert "Error: --pipeline: there is no 'gann'. Did you mean 'gan'" in result.output and "register_pipelines" not in result.output


def test_a_damaged_file_is_named(project, monkeypatch):
    folder = project / "data/02_intermediate/fashion"
    folder.mkdir(parents=True)
    (folder / "manifest.parquet").write_text("no table")
    printed = said(project, monkeypatch, "--env=test", "--nodes=fashion.validate")
    assert "manifest.parquet cannot be read (" in printed and "Make it again: run the stage that writes it." in printed


def test_portable_digits_of_a_setting_start_the_command_again(project, monkeypatch):
    """numpy and torch must be loaded after the process is pinned."""
    started = []

    def execve(program, arguments, environment):
        started.append((arguments[1:], environment["GENLAB_PORTABLE"]))
        raise SystemExit(1)  # a real one does not return

    monkeypatch.setattr("os.execve", execve)
    monkeypatch.setattr("sys.orig_argv", ["python", "-m", "kedro", "run"])
    monkeypatch.delenv("GENLAB_PORTABLE", raising=False)
    assert said(project, monkeypatch, "--tags=prepare,train", "--params=gan.compute.portable=true", "--env=test") == ""
    assert started == [(["-m", "kedro", "run"], "1")]
