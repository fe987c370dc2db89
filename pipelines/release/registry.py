"""MLflow's model registry as a Kedro dataset: saving registers a version, loading returns the latest one."""

import logging
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from genlab.engine.json_text import json_text
from genlab.errors import InputError
from genlab.evaluation.scores import Evaluation, Headline
from pipelines.bound import BoundDataset
from pipelines.release.leaderboard.publish import publish
from pipelines.release.page import describe_model, filled, fitting, links, score_tags, trained
from pipelines.release.promotion import CANDIDATE, CHAMPION, Standing, beats, digest, unfit
from pipelines.release.serving import ANY, Serving, facts_of, scored, serving_of
from pipelines.release.shipping import ship
from pipelines.tracking.address import answering, as_default, quieten, tracking_uri
from pipelines.tracking.description import ANCESTOR, ANCESTOR_HASH, HEALTH_AT_END, SOUND
from pipelines.tracking.names import metric_names
from pipelines.tracking.run import MOST_METRICS
from pipelines.tracking.sections import own_scores

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion as Version
    from mlflow.models import ModelSignature

PACKAGES = ("numpy", "onnxruntime", "pandas", "pillow")  # imported by the shipped code; MLflow adds itself
RECIPE_TAG = "recipe"

logger = logging.getLogger(__name__)


class Registration(NamedTuple):
    """Contents of a model version. The registry adds the recipe, the first half of the model's name."""

    image_set: str
    artefacts: dict[str, bytes]  # file name -> content
    serving: Serving  # how to serve the artefacts
    example: list[Any]  # values of the request column
    card: str  # Markdown, with the placeholders ${run}, ${git_commit} and ${command}
    headline: Headline
    protocol: dict[str, Any]  # how the scores were computed
    data_hash: str
    scores: dict[str, float]  # logged as the model's metrics
    untrained: float | None = None  # the headline of the untrained recipe

    @classmethod
    def of(
        cls,
        artefacts: dict[str, bytes],
        card: str,
        metrics: Mapping[str, Any],  # the content of metrics.json
        images: Any,  # a genlab.images.prepared_set.PreparedSet
    ) -> Self:
        """Collect the contents from the outputs of earlier nodes."""
        evaluation = Evaluation.from_json(metrics)
        serving = serving_of(scored(facts_of(artefacts), evaluation.checkpoint))
        return cls(
            image_set=images.name,
            artefacts=artefacts,
            serving=serving,
            example=serving.example(images),
            card=card,
            headline=evaluation.headline,
            protocol=dict(metrics["protocol"]),
            data_hash=images.content_hash,
            scores=own_scores(evaluation),  # with the names that the tracking hook uses
            untrained=evaluation.untrained(),
        )


class ModelVersion(BoundDataset):
    """The latest registered version of a recipe's model, `<recipe>-<image set>`.

    Saving registers a version with the alias `candidate`, and also `champion` if it beats the current champion (promotion.beats).
    """

    def __init__(self, recipe: str, metadata: dict[str, Any] | None = None):
        super().__init__(metadata)
        self.recipe = recipe

    def save(self, data: Registration) -> None:
        """Log the model, register it as a new version, and set the aliases.

        Raises:
            TrackingError: MLflow does not answer.
        """
        advice = f" The results are on disk: `kedro run --pipeline={self.recipe} --tags=release` registers them then."
        self.session.runs[self.recipe].deliver()  # first what waits, for the run's parameters are those of the model
        address = tracking_uri(self.session.project)
        quieten()
        with answering(address, advice), as_default(address):
            self._register(data)

    def _register(self, data: Registration) -> None:
        client = self.session.runs.client()
        run = client.get_run(self.session.runs[self.recipe].id)
        name = f"{self.recipe}-{data.image_set}"
        model_id = log_model(client, run, name, data)
        version_of = {each.name: dict(each.aliases) for each in client.search_registered_models(f"name='{name}'")}
        standing = Standing(data.headline, digest(data.protocol), data.data_hash, data.protocol)
        if name not in version_of:
            client.create_registered_model(name)
        champion = version_of.get(name, {}).get(CHAMPION)
        moves, reason = beats(standing, Standing.from_tags(client.get_model_version(name, champion).tags) if champion else None, champion)
        if obstacle := unfit(data.headline, data.untrained, run.data.tags.get(HEALTH_AT_END, SOUND)):
            moves, reason = False, obstacle
        facts = origin_of(run)
        made = client.create_model_version(
            name,
            f"models:/{model_id}",
            run.info.run_id,
            tags=standing.tags()
            | facts
            | ancestor(run)
            | score_tags(data.headline)
            | {RECIPE_TAG: self.recipe, "champion": f"{'yes' if moves else 'no'}: {reason}"},
            await_creation_for=0,
            model_id=model_id,
        )
        self._write_pages(client, run, made, data, facts, moves)
        # With this tag, MLflow's UI links the run's model to its version.
        client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json_text([{"name": name, "version": int(made.version)}])})
        client.set_registered_model_alias(name, CANDIDATE, made.version)
        if moves:
            client.set_registered_model_alias(name, CHAMPION, made.version)
        publish(client, tracking_uri(self.session.project), data.image_set)
        logger.info(
            "%s version %s is %s: %s.", name, made.version, "candidate and champion" if moves else "candidate, not champion", reason
        )

    def _write_pages(
        self, client: "MlflowClient", run: "Run", made: "Version", data: Registration, facts: Mapping[str, str], moves: bool
    ) -> None:
        """Write the descriptions and tags of the version and of the registered model, and the filled card to the run."""
        model = f"{made.name}/{made.version}"
        pictures = [file.path for file in client.list_artifacts(run.info.run_id, "samples")]
        places = {
            "run": run.info.run_id,
            "device": run.data.tags.get("device", "unknown"),
            "trained": trained(run.data.metrics, run.data.params, ancestor(run)),
            "pictures": links(run.info.experiment_id, run.info.run_id, pictures),
        }
        card = filled(data.card, facts, model=model, **places)
        client.update_model_version(made.name, made.version, fitting(card))
        client.log_text(run.info.run_id, card, "card.md")
        kind = run.data.tags.get("kind", self.recipe)
        for key, value in {"image_set": data.image_set, "kind": kind, "family": run.data.tags.get("family", "None")}.items():
            client.set_registered_model_tag(made.name, key, value)
        if moves or int(made.version) == 1:
            text = describe_model(kind, data.image_set, made.version, data.headline, run.info.run_id, moves)
            client.update_registered_model(made.name, text)

    def load(self) -> dict[str, Any]:
        """Return the name, version, uri, aliases, run_id and tags of the latest version.

        Raises:
            InputError: no version is registered.
        """
        found = self._last()
        if found is None:
            raise InputError(f"'{self.recipe}' has no registered model. Run `kedro run --pipeline={self.recipe}`.")
        return {
            "name": found.name,
            "version": int(found.version),
            "uri": f"models:/{found.name}/{found.version}",
            "aliases": sorted(found.aliases),
            "run_id": found.run_id,
            "tags": dict(found.tags),
        }

    def _last(self) -> "Version | None":
        client = self.session.runs.client()
        versions = client.search_model_versions(f"tags.{RECIPE_TAG} = '{self.recipe}'")
        last = max(versions, key=lambda each: each.creation_timestamp, default=None)
        return last and client.get_model_version(last.name, last.version)  # only this call returns the aliases

    def _exists(self) -> bool:
        return self._last() is not None

    def _describe(self) -> dict[str, Any]:
        return {"recipe": self.recipe}


def log_model(client: "MlflowClient", run: "Run", name: str, data: Registration) -> str:
    """Log the served model with its scores to the run, as a LoggedModel; return its id.

    This uses MLflow's client, not its global run: the status of the run, active or ended, does not change.
    """
    import pandas
    from mlflow import pyfunc
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric
    from mlflow.models import Model

    run_id, now = run.info.run_id, int(time.time() * 1000)
    logged = client.create_logged_model(run.info.experiment_id, name, run_id, params=run.data.params, model_type="pyfunc")
    with tempfile.TemporaryDirectory() as folder:
        artefacts, model = Path(folder, "release"), Path(folder, "model")
        artefacts.mkdir()
        for file, content in data.artefacts.items():
            (artefacts / file).write_bytes(content)
        pyfunc.save_model(
            model,
            **ship(data.serving.file, Path(folder, "shipped"))._asdict(),
            artifacts={"release": str(artefacts)},
            signature=signature(data.serving),
            input_example=pandas.DataFrame({data.serving.column[0]: data.example}),
            pip_requirements=[f"{package}=={version(package)}" for package in PACKAGES],  # explicit, because inferring them takes 5 s
            mlflow_model=Model(artifact_path=logged.artifact_location, model_uuid=logged.model_id, run_id=run_id, model_id=logged.model_id),
        )
        client.log_model_artifacts(logged.model_id, str(model))
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    allowed = metric_names(data.scores)
    points = [Metric(allowed[key], value, now, 0, logged.model_id, run_id=run_id) for key, value in data.scores.items()]
    for start in range(0, len(points), MOST_METRICS):
        client.log_batch(run_id, points[start : start + MOST_METRICS])
    return logged.model_id


def origin_of(run: "Run") -> dict[str, str]:
    """Git commit and command of a run, from the tags that the tracking hook has set."""
    tags = run.data.tags
    changes = " and uncommitted changes" if tags.get("git.dirty") == "true" else ""
    return {"git_commit": tags.get("mlflow.source.git.commit", "unknown") + changes, "command": tags.get("command", "unknown")}


def ancestor(run: "Run") -> dict[str, str]:
    """Source of the weights that a fine-tuned run started from, and its hash; {} for others. The hash finds it also if it has moved."""
    return {name: run.data.tags[name] for name in (ANCESTOR, ANCESTOR_HASH) if name in run.data.tags}


def signature(serving: Serving) -> "ModelSignature":
    """MLflow signature of a served model: request column, or one of several, and optional params -> column `image`."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
    from mlflow.types.schema import AnyType

    name, kind = serving.column
    params = ParamSchema([ParamSpec(*param) for param in serving.params])
    any_of = [name, *serving.others]
    columns: list[ColSpec | TensorSpec] = [ColSpec(AnyType() if kind == ANY else kind, each, required=len(any_of) == 1) for each in any_of]  # type: ignore[no-untyped-call]
    image = ColSpec("binary", "image", required=not serving.answers)
    answers = [ColSpec(AnyType(), each, required=False) for each in serving.answers]  # type: ignore[no-untyped-call]
    return ModelSignature(Schema(columns), Schema([image, *answers]), params)
