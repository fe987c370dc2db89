"""Tests of names of metrics that MLflow would refuse, and of tags of a run."""

import posixpath
import socket

import mlflow
from conftest import empty_store
from mlflow.utils.validation import _validate_metric_name

from pipelines.tracking.names import LONGEST_NAME, metric_names
from pipelines.tracking.origin import origin
from pipelines.tracking.run import Run

ODD = ["Food & Drink", "T-shirt/top", "é?", "a//b", "ends/", "./here", "..", "100 %", "日本 (語)", "x" * 400, "a&", "a?", "a:b", "猫|犬"]


def test_any_class_can_be_the_name_of_a_metric():
    names = [*ODD, *(f"kid_within_classes.generated.{name}" for name in ODD)]
    allowed = metric_names(names)
    for name in allowed.values():
        _validate_metric_name(name)
        assert len(name) <= LONGEST_NAME and posixpath.normpath(name) == name
    assert list(allowed) == names and len(set(allowed.values())) == len(names)  # a& and a? stay distinct


def test_allowed_names_are_unchanged():
    names = ["step", "critic/gradient_norm", "samples.held-out images.nearest_training", "classes.T-shirt/top", "é"]
    assert metric_names(names) == {name: name for name in names}
    assert metric_names(["Food & Drink"]) == {"Food & Drink": "Food _ Drink"}


def test_a_run_accepts_metrics_of_any_name(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(empty_store())
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    run = Run(client, client.create_run(client.create_experiment("odd", tmp_path.as_uri())).info.run_id, tmp_path / "outbox")
    run.metrics({name: float(number) for number, name in enumerate(ODD)})
    assert sorted(client.get_run(run.id).data.metrics.values()) == list(range(len(ODD)))


def test_runs_have_their_host_and_python_as_tags_also_outside_a_repository(tmp_path):
    tags = origin(tmp_path)
    assert tags["host"] == socket.gethostname() and tags["python"].startswith("3.") and tags["git.dirty"] == "no repository"
