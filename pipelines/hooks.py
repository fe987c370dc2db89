"""Kedro hooks: check the configuration before a run, track the run in MLflow, and print a summary at the end."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from genlab.engine.files import sha256
from genlab.errors import root_cause
from genlab.evaluation.scores import Evaluation
from genlab.evaluation.spread import SeedSpread
from genlab.training.interruption import Interrupted, interruptible
from pipelines import session as sessions
from pipelines.bound import BoundDataset
from pipelines.checks import check, check_data, check_inputs, check_portable, check_recorded, check_runner, settings_hash
from pipelines.comparison.parameters import COMPARE
from pipelines.configuration import image_sets, recipes
from pipelines.evaluation.parameters import EVALUATION, check_evaluation, check_extractor
from pipelines.fetching.checks import check_fetched
from pipelines.fetching.parameters import FETCH
from pipelines.folders import FolderDataset
from pipelines.locks import RunLocks
from pipelines.names import check_names
from pipelines.pipeline_registry import REFUSED
from pipelines.seeds import tracking as of_seeds
from pipelines.seeds.parameters import SEEDS, check_seed, group, replicas
from pipelines.seeds.tracking import SeedRuns
from pipelines.session import Catalog, Session
from pipelines.summary import summary
from pipelines.theory.densities import check_claims
from pipelines.theory.parameters import THEORY
from pipelines.tracking.description import (
    CLAIM,
    FAILS,
    HOLDS,
    NOTE,
    differing,
    note_of_claims,
    note_of_error,
    note_of_scores,
    note_of_study,
    parameters_shown,
    run_name,
)
from pipelines.tracking.names import flatten
from pipelines.tracking.origin import origin
from pipelines.tracking.run import Run
from pipelines.tracking.sections import NAMED, of_claim
from pipelines.tracking.store import CHECKPOINT_TAG, DATA_TAG, PORTABLE_TAG, SETTINGS_TAG
from pipelines.training.checks import check_training
from pipelines.training.resumption import EXPERIMENT_TAG, ResumeFolder, warn_without_state
from pipelines.user_study.parameters import USER_STUDY

BOUND = ("journal", "model_version")  # datasets of each recipe in conf/base/catalog.yml that need the session
SHARED = ("undelivered", "theory.measured", "compare.runs")  # datasets of no recipe that need it

logger = logging.getLogger(__name__)


class ProjectHooks:
    """The project's Kedro hooks. A dataset's `metadata` in the catalog specifies how MLflow tracks the dataset:

    {mlflow: artifact, folder: data}   log its files as artifacts
    {mlflow: metrics}                  log its files as artifacts, and its numbers as metrics
    {mlflow: checkpoint, folder: data} log its file, and tag the run with the file's hash, by which later commands find the run
    {mlflow: claim, folder: name}      log its files as artifacts, its measured values as metrics, and its verdict as a tag
    """

    session: Session  # from `after_context_created` on
    catalog: Catalog  # from `before_pipeline_run` on
    locks: RunLocks
    replicas: dict[str, dict[str, Any]]  # namespace of a recipe under one seed -> its parameters
    seeds: SeedRuns | None = None  # if this run trains a recipe under several seeds

    def __init__(self) -> None:
        self.around = ExitStack()
        self.begun = 0.0

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Create the session and make it the current one."""
        self.session = Session.of(context)
        self.replicas = replicas(self.session.parameters)
        context.config_loader["parameters"] = {**self.session.parameters, **self.replicas}
        sessions.set_current(self.session)

    @hook_impl
    def after_catalog_created(self, catalog: Catalog) -> None:
        """Bind the session to the datasets that need it. A loop over the catalog instead of these names would create all datasets."""
        catalog["project"] = self.session.project
        for name in SHARED:
            dataset = catalog.get(name)
            assert isinstance(dataset, BoundDataset)  # conf/base/catalog.yml states it
            dataset.bind(self.session)
        for name in (*recipes(self.session.parameters), *self.replicas):
            for kind in BOUND:
                dataset = catalog.get(f"{name}.{kind}")
                if isinstance(dataset, BoundDataset):
                    dataset.bind(self.session)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Catalog) -> None:
        """Handle interrupts from here on, check the configuration, and start the MLflow runs."""
        self.begun, self.catalog = time.monotonic(), catalog
        self.around = ExitStack()
        self.locks = RunLocks(self.session.project, self.around)
        self.around.enter_context(interruptible())
        with self._closing():
            self._begin(run_params, pipeline, catalog)

    def _begin(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Catalog) -> None:
        """Check the configuration, then start or reopen a run per model, or start one per image set if only data are prepared."""
        for node in pipeline.nodes:
            if REFUSED in node.tags:  # a wrong entry: its message comes before all others
                node.run({})
        namespaces = {node.namespace for node in pipeline.nodes if node.namespace}
        declared, runs = image_sets(self.session.parameters), self.session.runs
        seeded = self._seeded(namespaces)
        known = recipes(self.session.parameters)
        chosen = {name: entry for name, entry in known.items() if name in {*namespaces, seeded}}
        evaluated = any("evaluate" in node.tags for node in pipeline.nodes)
        entries = [name for name in (COMPARE, FETCH, THEORY, USER_STUDY) if name in namespaces]
        others = [*([EVALUATION] if evaluated else []), *([SEEDS] if seeded else []), *entries]
        check_names(self.session.parameters, self.session.given, sorted(chosen), sorted(namespaces & set(declared)), others)
        check_seed(seeded, self.session.given)
        check_runner(str(run_params.get("runner")))
        if chosen:  # it imports torch
            check(chosen, declared)
        if evaluated:
            check_evaluation(self.session.parameters.get(EVALUATION))
        if THEORY in namespaces:
            check_claims(self.session.parameters[THEORY])
        read = {str(node.namespace) for node in pipeline.nodes if "prepare" in node.tags and node.namespace in declared}
        check_fetched(read, self.session.parameters, self.session.project)
        check_inputs(pipeline, catalog)
        if any("train" in node.tags for node in pipeline.nodes):
            for name, entry in chosen.items():
                check_training(name, entry, known)
        if evaluated:
            check_extractor(self.session.parameters[EVALUATION], filepath(catalog, "caches"))
        portable = check_portable(chosen)
        self.locks.begin([*namespaces & set(chosen), *([group(seeded)] if seeded else [])], declared, pipeline)
        committed = self.session.committed() if chosen else {}
        names = " ".join(run_params.get("pipeline_names") or ["__default__"])
        tags = origin(self.session.project) | {"pipeline": names, "environment": run_params.get("env") or "local"}
        for name, entry in chosen.items():
            changed = differing(entry, committed.get(name, {}))
            if name == seeded:
                self.seeds = self._seed_runs(pipeline, catalog, tags, changed, run_params.get("env"))
                self.seeds.begin()
            if name not in namespaces:
                continue
            trains = any(node.namespace == name and "train" in node.tags for node in pipeline.nodes)
            if trains:
                warn_without_state(name, filepath(catalog, f"{name}.checkpoint"), filepath(catalog, f"{name}.resumption"))
            run = runs.start(
                name,
                run_name(name, entry, changed, run_params.get("env")),
                tags
                | {"recipe": name, "image_set": entry["images"], SETTINGS_TAG: settings_hash(entry)}
                | {PORTABLE_TAG: portable[name]}
                | kind_of(entry),
                None if trains else filepath(catalog, f"{name}.checkpoint"),
            )
            check_recorded(name, entry, run)
            settings = {EVALUATION: self.session.parameters[EVALUATION]} if evaluated else {}
            run.parameters({**entry, "image_set": declared[entry["images"]], **settings}, parameters_shown(entry, changed))
        if COMPARE in namespaces:
            entry = self.session.parameters[COMPARE]
            runs.start(COMPARE, f"{COMPARE} {entry['images']}", tags | {COMPARE: entry["images"]}, None).parameters(entry, entry)
        if THEORY in namespaces:
            entry = self.session.parameters[THEORY]
            runs.start(THEORY, theory_name(entry), tags | {THEORY: entry["only"] or "all"}, None).parameters(
                entry, {"seed": entry["seed"], "only": entry["only"]}
            )
        if USER_STUDY in namespaces:
            entry = self.session.parameters[USER_STUDY]
            run = runs.start(USER_STUDY, f"{USER_STUDY} {entry['name']}", tags | {USER_STUDY: entry["name"]}, None)
            run.parameters(entry, {key: entry[key] for key in ("name", "kind", "images", "models", "seed")})
        if not chosen:
            for name in sorted(namespaces & set(declared)):
                runs.start(name, f"prepare {name}", tags | {"image_set": name}, None).parameters(declared[name], {})

    def _seeded(self, namespaces: Collection[str]) -> str:
        """Name of the recipe that this run trains or evaluates under several seeds; "" if there is none."""
        self.seeds = None
        recipe = self.session.parameters[SEEDS]["recipe"] if self.replicas else ""
        return recipe if any(name in self.replicas or name == group(recipe) for name in namespaces) else ""

    def _seed_runs(
        self, pipeline: Pipeline, catalog: Catalog, tags: Mapping[str, str], changed: Mapping[str, Any], environment: str | None
    ) -> SeedRuns:
        """The MLflow runs of this run's seeds."""
        trained_here = {node.namespace for node in pipeline.nodes if any(name.endswith(".checkpoint") for name in node.outputs)}

        def trained(name: str) -> Path | None:
            return None if name in trained_here else filepath(catalog, f"{name}.checkpoint")

        return SeedRuns(self.session.runs, self.session.parameters, self.replicas, tags, changed, environment, trained)

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Log the node's name, and check that its checkpoint belongs to its images."""
        logger.info("%s", node.name)
        self.locks.before(node)
        if self.seeds is not None:
            self.seeds.before(node.namespace)
        run = self.session.runs.under_way.get(node.namespace or "")
        if run is not None and (content := check_data(node, inputs, run)) and content != run.data:
            run.data = content
            run.tag({DATA_TAG: content})
            run.input(*input_of(inputs, self.session.parameters))

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Let other runs prepare the image set, after the last node that does."""
        self.locks.after(node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log a dataset to MLflow as its `metadata` specifies."""
        wish = metadata(self.catalog, dataset_name)
        if "mlflow" not in wish:
            return
        owner = dataset_name.rpartition(".")[0]
        under_way = self.session.runs.under_way
        # Datasets of an image set belong to no recipe: they are logged to the runs of all models of this session.
        for run in [under_way[owner]] if owner in under_way else list(under_way.values()):
            if wish["mlflow"] == "checkpoint":
                run.tag({CHECKPOINT_TAG: sha256(filepath(self.catalog, dataset_name))})
            if dataset_name.endswith(".finished"):
                run.tag({EXPERIMENT_TAG: data})
            for file in files(self.catalog, dataset_name):
                run.file(file, wish.get("folder", ""))
            if wish["mlflow"] == "metrics":
                run.metrics(NAMED[dataset_name.rpartition(".")[2]](data))
            if dataset_name.endswith(".spread"):
                run.tag(of_seeds.note(SeedSpread.from_json(data), run))
            if dataset_name.endswith(".metrics"):
                run.tag(described_by(data, run))
            if dataset_name.startswith(f"{USER_STUDY}.") and dataset_name.endswith(".markdown"):
                run.tag({NOTE: note_of_study(data, run.id)})
            if wish["mlflow"] == "claim":
                claim = dataset_name.rpartition(".")[2]
                run.metrics(of_claim(claim, data))
                run.tag({f"{CLAIM}{claim}": HOLDS if data.holds else FAILS})
                run.tag({NOTE: note_of_claims(run.tags)})

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Catalog) -> None:
        """End the MLflow runs and print the summary."""
        with self._closing():
            text = summary(self.session.runs.under_way, catalog, time.monotonic() - self.begun)
        self._close("FINISHED")
        print(text, flush=True)

    @hook_impl
    def on_pipeline_error(self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: Catalog) -> None:
        """End the MLflow runs as failed, or as killed after an interrupt, with the error as a tag."""
        self._fail(error)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """End the MLflow runs if the block raises: Kedro calls `on_pipeline_error` only for errors in nodes."""
        try:
            yield
        except Exception as error:
            self._fail(error)
            raise

    def _fail(self, error: Exception) -> None:
        reason = root_cause(error)
        for run in self.session.runs.under_way.values():
            text = f"{type(reason).__name__}: {reason}"[:5000]
            run.tag({"error": text, NOTE: note_of_error(text, run.tags.get(NOTE, ""))})
        self._close("KILLED" if isinstance(reason, Interrupted) else "FAILED")

    def _close(self, status: str) -> None:
        self.session.runs.end(status)
        self.around.close()


def kind_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """Tags with the family and the class of a recipe."""
    return {"family": str(entry.get("family")), "kind": str(entry["model"]["class"]).rpartition(".")[2]}


def theory_name(entry: Mapping[str, Any]) -> str:
    """Name of a run that measures claims: `theory`, or with the name of the only claim."""
    return THEORY if entry["only"] is None else f"{THEORY} {entry['only']}"


def input_of(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> tuple[str, str, str, dict[str, int]]:
    """Describe the image set among the inputs of a node -> name, content hash, source, number of images by split."""
    images = next(value for name, value in inputs.items() if name.endswith(".images"))
    source = image_sets(parameters)[images.name]["source"]
    counts = {str(split): int(count) for split, count in images.manifest["split"].value_counts().items()}
    return images.name, images.content_hash, str(source["root"] if "root" in source else source["class"]), counts


def described_by(metrics: Mapping[str, Any], run: Run) -> dict[str, str]:
    """Tags of an evaluated run: its note, the extractor, and the protocol, whose values are constants and so are no metrics."""
    evaluation = Evaluation.from_json(metrics)
    protocol = {f"protocol.{name}": str(value)[:1000] for name, value in flatten(evaluation.protocol.to_json()).items()}
    return {NOTE: note_of_scores(evaluation, run.findings(), run.id), "extractor": evaluation.protocol.extractor} | protocol


def metadata(catalog: Catalog, dataset_name: str) -> dict[str, Any]:
    """A dataset's `metadata` in the catalog; empty if it has none."""
    dataset = catalog.get(dataset_name)
    return getattr(dataset, "metadata", None) or {}


def filepath(catalog: Catalog, dataset_name: str) -> Path:
    """Path of a dataset's file."""
    dataset = catalog.get(dataset_name)
    assert dataset is not None  # conf/base/catalog.yml states it
    return Path(str(dataset._describe()["filepath"]))


def files(catalog: Catalog, dataset_name: str) -> list[Path]:
    """Paths of a dataset's current files."""
    dataset = catalog.get(dataset_name)
    return dataset.files() if isinstance(dataset, FolderDataset | ResumeFolder) else [filepath(catalog, dataset_name)]
