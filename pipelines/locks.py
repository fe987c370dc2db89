"""Locks of recipes and image sets: two runs must not write to the same files."""

from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from genlab.engine.locks import locked
from pipelines.comparison.parameters import COMPARE
from pipelines.theory.parameters import THEORY
from pipelines.tracking.store import LOCKS
from pipelines.user_study.parameters import USER_STUDY

ADVICE = (
    "Both would write to the same files. Wait for it or stop it. To run two experiments of a recipe at the same time, give the second a "
    "recipe of its own: a copy of the YAML file with another name and another name at its top; or use a copy of the project folder."
)


class RunLocks:
    """The locks of one run. It holds the lock of each recipe from start to end, and that of each image set while it prepares the set."""

    def __init__(self, project: Path, around: ExitStack):
        self.folder, self.around = project / LOCKS, around
        self.left: Counter[str] = Counter()  # nodes to run, by image set
        self.held: dict[str, ExitStack] = {}

    def begin(self, recipes: Collection[str], image_sets: Collection[str], pipeline: Pipeline) -> None:
        """Lock the recipes, and the theory or the study if the pipeline is theirs.

        Raises:
            LockedError: another run of one of them goes on.
        """
        for name in sorted(recipes):
            self.around.enter_context(locked(self.folder / "recipes" / name, f"is running the recipe '{name}'", ADVICE))
        for name, task in (
            (THEORY, "is measuring the theory"),
            (USER_STUDY, "is making or analysing a study"),
            (COMPARE, "is comparing models"),
        ):
            if any(node.namespace == name for node in pipeline.nodes):
                advice = "Both would write to the same files. Wait for it or stop it."
                self.around.enter_context(locked(self.folder / name, task, advice))
        self.left = Counter(node.namespace for node in pipeline.nodes if node.namespace is not None and node.namespace in image_sets)

    def before(self, node: Node) -> None:
        """Before the first node that prepares a set, lock all sets of the run; wait for other runs that prepare them."""
        if node.namespace not in self.left or self.held:
            return
        for name in sorted(self.left):  # in one order, so that two runs cannot wait for each other
            self.held[name] = ExitStack()
            self.around.push(self.held[name])
            self.held[name].enter_context(locked(self.folder / "sets" / name, f"is preparing the image set '{name}'", "", wait=True))

    def after(self, node: Node) -> None:
        """Release the lock of a set after its last node."""
        if node.namespace is not None and node.namespace in self.left:
            self.left[node.namespace] -= 1
            if self.left[node.namespace] == 0:
                self.held[node.namespace].close()
