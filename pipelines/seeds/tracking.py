"""MLflow runs of a recipe under several seeds: one parent, with one child per seed."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genlab.engine.json_text import json_text
from genlab.evaluation.spread import SeedSpread
from genlab.reports.seeds_page import stated, table
from pipelines.checks import check_recorded, settings_hash
from pipelines.evaluation.parameters import EVALUATION
from pipelines.seeds.parameters import SEEDS, chosen, group
from pipelines.tracking.description import NOTE, NOTE_LIMIT, parameters_shown, picture, run_name
from pipelines.tracking.run import Run
from pipelines.tracking.store import SEEDS_TAG, SETTINGS_TAG, Runs

PARENT_TAG = "mlflow.parentRunId"  # MLflow's UI folds the runs that have it under the run that it names
CODE_OF = "genlab.training.fit"


class SeedRuns:
    """The runs of one command. The parent lasts as long as the command; a child lasts from the first node of its seed to the last."""

    def __init__(
        self,
        runs: Runs,
        parameters: Mapping[str, Any],
        replicas: Mapping[str, Mapping[str, Any]],  # namespace -> parameters of the recipe under one seed
        tags: Mapping[str, str],  # of every run of this command
        changed: Mapping[str, Any],  # parameters of the recipe that differ from those in conf/
        environment: str | None,
        trained: Callable[[str], Path | None],  # namespace -> checkpoint by which the run is found; None if this command trains it
    ):
        self.trained = trained
        self.runs, self.parameters, self.replicas, self.tags = runs, parameters, replicas, tags
        self.changed, self.environment = {name: value for name, value in changed.items() if name != "seed"}, environment
        self.entry = parameters[SEEDS]
        self.recipe = self.entry["recipe"]

    def begin(self) -> None:
        """Start the parent, or reopen that of an earlier command with the same settings and code, so that it gets further seeds."""
        described = self.parameters[self.recipe]
        shared = {name: value for name, value in described.items() if name != "seed"}
        again = {SEEDS_TAG: group(self.recipe), SETTINGS_TAG: self.hash_of(shared)}
        name = f"{run_name(self.recipe, described, self.changed, self.environment)} seeds"
        run = self.runs.start(group(self.recipe), name, {**self.tags, "image_set": described["images"], **again}, None, again)
        run.tag({"seeds.chosen": " ".join(map(str, chosen(self.entry)))})
        run.parameters(self.recorded(shared), parameters_shown(shared, self.changed))

    def before(self, namespace: str | None) -> None:
        """Before a node of this namespace, start the child of its seed, and end that of another seed, which is complete."""
        under_way = [name for name in self.replicas if name in self.runs.under_way and name != namespace]
        for name in under_way:
            self.runs[name].tag({PARENT_TAG: self.runs[group(self.recipe)].id})  # a resumed run may have had another one
            self.runs.end_one(name, "FINISHED")
        if namespace is not None and namespace in self.replicas and namespace not in self.runs.under_way:
            self.start(namespace)

    def start(self, name: str) -> None:
        """Start the run of one seed, or reopen the run that created its checkpoint."""
        entry = self.replicas[name]
        own = {SEEDS_TAG: name, SETTINGS_TAG: settings_hash(entry), PARENT_TAG: self.runs[group(self.recipe)].id}
        facts = {"image_set": entry["images"], "seeds.recipe": self.recipe, "seeds.seed": str(entry["seed"])}
        changed = {"seed": entry["seed"], **self.changed}
        run = self.runs.start(
            name, run_name(self.recipe, entry, changed, self.environment), {**self.tags, **own, **facts}, self.trained(name)
        )
        check_recorded(name, entry, run)
        run.parameters(self.recorded(entry), parameters_shown(entry, changed))

    def recorded(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters of a run, for its artifact parameters.yml."""
        return {**entry, "image_set": self.parameters["images"][entry["images"]], EVALUATION: self.parameters[EVALUATION]}

    def hash_of(self, shared: Mapping[str, Any]) -> str:
        """Hash of everything but the seed that decides what is trained: settings, declaration of the image set, and code."""
        from genlab.training.code import classes_in, code_of

        code = code_of([CODE_OF, *classes_in(shared["model"]), *classes_in(shared["augmentation"])])
        decisive = [settings_hash(shared), shared["compute"], shared["monitoring"], self.parameters["images"][shared["images"]], code]
        return hashlib.sha256(json_text(decisive, sort_keys=True, default=str).encode()).hexdigest()[:16]


def note(spread: SeedSpread, run: Run) -> dict[str, str]:
    """Tags of a parent with its scores: the note in Markdown that MLflow shows, the extractor and the seeds."""
    lines = [f"**{stated(spread)}**", "", picture("samples/samples.png", run.id), "", table(spread)]
    return {NOTE: "\n".join(lines)[:NOTE_LIMIT], "extractor": spread.protocol.extractor}
