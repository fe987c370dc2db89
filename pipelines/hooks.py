"""What happens around the nodes: configuration checked first, everything tracked, the result told at the end."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from genlab.errors import root_cause
from genlab.training.interruption import Interrupted, interruptible
from pipelines import session as sessions
from pipelines.bound import BoundDataset
from pipelines.configuration import image_sets, recipes
from pipelines.folders import FolderDataset
from pipelines.session import Session
from pipelines.summary import summary
from pipelines.tracking.names import flatten
from pipelines.tracking.origin import origin, sha256
from pipelines.tracking.store import CHECKPOINT_TAG

BOUND = ("journal", "model_version")  # of each recipe in conf/base/catalog.yml: the datasets that need their session

logger = logging.getLogger(__name__)


class ProjectHooks:
    """Kedro's hooks. A dataset says in its `metadata` what becomes of it in MLflow:

    {mlflow: artifact, folder: data}   its file is logged as it is
    {mlflow: metrics}                  its file too, and its numbers as metrics
    {mlflow: checkpoint}               its hash becomes the tag by which later commands find the run
    """

    def __init__(self) -> None:
        self.around = ExitStack()
        self.begun = 0.0
        self.catalog: CatalogProtocol | None = None
        self.session: Session | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        self.session = Session.of(context)
        sessions.set_current(self.session)

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol) -> None:
        """Give the session to the datasets that need it, by name: a loop over the catalog would create all datasets of the project."""
        catalog["project"] = self.session.project
        for name in recipes(self.session.parameters):
            for kind in BOUND:
                dataset = catalog.get(f"{name}.{kind}")
                if isinstance(dataset, BoundDataset):
                    dataset.bind(self.session)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        self.begun, self.catalog = time.monotonic(), catalog
        self.around = ExitStack()
        self.around.enter_context(interruptible())
        with self._closing():
            self._begin(run_params, pipeline, catalog)

    def _begin(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Check the configuration, then start or reopen a run for each model."""
        namespaces = {node.namespace.split(".")[0] for node in pipeline.nodes if node.namespace}
        declared, runs = image_sets(self.session.parameters), self.session.runs
        chosen = {name: entry for name, entry in recipes(self.session.parameters).items() if name in namespaces}
        check(chosen, declared)
        names = " ".join(run_params.get("pipeline_names") or ["__default__"])
        tags = origin(self.session.project) | {"pipeline": names, "environment": run_params.get("env") or "local"}
        for name, entry in chosen.items():
            trains = any(node.namespace == name and "train" in node.tags for node in pipeline.nodes)
            run = runs.start(
                name,
                f"{name} {entry['images']} {entry['budget']['images']:,} images",
                tags | {"recipe": name, "image_set": entry["images"]},
                None if trains else filepath(catalog, f"{name}.checkpoint"),
            )
            run.parameters({**entry, "image_set": declared[entry["images"]]})
        if not chosen:
            for name in sorted(namespaces & set(declared)):
                runs.start(name, f"prepare {name}", tags | {"image_set": name}, None).parameters(declared[name])

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        logger.info("%s", node.name)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        wish = metadata(self.catalog, dataset_name)
        if "mlflow" not in wish:
            return
        owner = dataset_name.split(".")[0]
        under_way = self.session.runs.under_way
        # What is made of an image set belongs to every model of this session that uses it.
        for run in [under_way[owner]] if owner in under_way else list(under_way.values()):
            if wish["mlflow"] == "checkpoint":
                run.tag({CHECKPOINT_TAG: sha256(filepath(self.catalog, dataset_name))})
                continue
            for file in files(self.catalog, dataset_name):
                run.file(file, wish.get("folder", ""))
            if wish["mlflow"] == "metrics":
                run.metrics({name: value for name, value in flatten(data).items() if isinstance(value, int | float)})

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        with self._closing():
            text = summary(self.session.runs.under_way, catalog, time.monotonic() - self.begun)
        self._close("FINISHED")
        print(text, flush=True)

    @hook_impl
    def on_pipeline_error(self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        self._fail(error)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Close the runs if this fails: Kedro tells of errors in nodes only, not of those around them."""
        try:
            yield
        except Exception as error:
            self._fail(error)
            raise

    def _fail(self, error: Exception) -> None:
        reason = root_cause(error)
        for run in self.session.runs.under_way.values():
            run.tag({"error": f"{type(reason).__name__}: {reason}"[:5000]})
        self._close("KILLED" if isinstance(reason, Interrupted) else "FAILED")

    def _close(self, status: str) -> None:
        self.session.runs.end(status)
        self.around.close()


def check(recipes: Mapping[str, Mapping[str, Any]], image_sets: Mapping[str, Mapping[str, Any]]) -> None:
    """Hold every description against the constructors that it names, and its image set's kind, before any node runs.

    Raises:
        ConfigurationError: a wrong class, key or value, or a set that the recipe cannot learn from.
    """
    from genlab import build
    from genlab.build import ConfigurationError
    from genlab.engine.recipe import Recipe

    for name, entry in recipes.items():
        if not isinstance(entry["model"], Mapping) or "class" not in entry["model"] or "partial" in entry["model"]:
            raise ConfigurationError(f"{name}.model: expected {{class: genlab.recipes...., its arguments}}, got {entry['model']}.")
        build.check(entry, name)
        recipe, named = build.find(entry["model"]["class"], f"{name}.model"), entry["model"]["class"].rpartition(".")[2]
        if not (isinstance(recipe, type) and issubclass(recipe, Recipe)):
            raise ConfigurationError(f"{name}.model.class: {entry['model']['class']} is no recipe. Name one of genlab.recipes.")
        kind = image_sets[entry["images"]]["kind"]
        if kind not in recipe.kinds:
            raise ConfigurationError(
                f"{name}.images: '{entry['images']}' is a set of kind {kind}; {named} learns from one of kind {' or '.join(recipe.kinds)}. "
                "Name another set, or declare its kind otherwise in conf/base/parameters/images.yml."
            )


def metadata(catalog: CatalogProtocol, dataset_name: str) -> dict[str, str]:
    dataset = catalog.get(dataset_name)
    return getattr(dataset, "metadata", None) or {}


def filepath(catalog: CatalogProtocol, dataset_name: str) -> Path:
    """Where a dataset's file is."""
    return Path(str(catalog.get(dataset_name)._describe()["filepath"]))


def files(catalog: CatalogProtocol, dataset_name: str) -> list[Path]:
    """The files that a dataset consists of now."""
    dataset = catalog.get(dataset_name)
    return dataset.files() if isinstance(dataset, FolderDataset) else [filepath(catalog, dataset_name)]
