"""What is compared of a recipe: its scores, history, samples, size and speed, read from the files of a project."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genlab.errors import InputError
from genlab.evaluation.scores import Evaluation
from genlab.evaluation.spread import SeedSpread
from genlab.reports.artifacts import Project
from genlab.study.results import Outcome, outcomes

REPORTING = Path("data/08_reporting")
WEIGHTS = ".safetensors"


class ScoredRun(NamedTuple):
    """A scored training of a recipe. What is not known of it is None or empty."""

    name: str  # of the recipe
    entry: Mapping[str, Any]  # its parameters
    evaluation: Evaluation
    history: tuple[Mapping[str, float], ...] = ()  # {"images", term: mean since the previous row}
    samples: bytes = b""  # sheet of samples, a picture file
    parameters: int | None = None  # of the released networks
    size: int | None = None  # of the release, in bytes
    training_speed: float | None = None  # images per second
    to_plain_loop: float | None = None  # training speed divided by that of a plain PyTorch loop with the same networks
    sampling_speed: float | None = None  # images per second
    spread: SeedSpread | None = None  # of its scores over seeds
    studies: tuple[Outcome, ...] = ()  # what people said about these weights

    @property
    def images(self) -> str:
        """Name of the image set."""
        return str(self.entry.get("images"))

    @property
    def family(self) -> str:
        """Name of the family; "" if there is none."""
        return str(self.entry.get("family") or "")

    @property
    def kind(self) -> str:
        """Name of the recipe's class."""
        return str(self.entry["model"]["class"]).rpartition(".")[2]


def read_runs(
    project: Project,
    names: Iterable[str],  # of recipes; those without scores are left out
) -> list[ScoredRun]:
    """Read the scored recipes of a project."""
    return [read_run(project, name) for name in names if (project.folder / REPORTING / name / "metrics.json").is_file()]


def read_run(project: Project, name: str) -> ScoredRun:
    """Read a scored recipe of a project.

    Raises:
        InputError: its metrics.json was written by another version.
    """
    folder, release = project.folder / REPORTING / name, project.folder / "data/06_models" / name / "release"
    try:
        evaluation = Evaluation.from_json(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
    except (InputError, ValueError) as error:
        raise InputError(f"{folder / 'metrics.json'} cannot be read: {error} Make it again: `kedro run --pipeline={name}`.") from error
    sheet = folder / "samples.png"
    return ScoredRun(
        name,
        project.recipes[name],
        evaluation,
        history(folder / "history.csv"),
        sheet.read_bytes() if sheet.is_file() else b"",
        parameters(release),
        sum(file.stat().st_size for file in release.iterdir() if file.is_file()) if release.is_dir() else None,
        *benchmarked(project, name),
        None,  # measured for the recipes of the table only, see genlab.reports.comparison.speed
        seeds(project.folder / REPORTING / "seeds" / name / "spread.json", evaluation, project.recipes[name]),
        tuple(outcomes(project.folder / REPORTING / "user_study", evaluation.checkpoint)),
    )


def history(file: Path) -> tuple[dict[str, float], ...]:
    """Read the history of a training; empty if there is none."""
    if not file.is_file():
        return ()
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple({term: float(value) for term, value in row.items() if value not in ("", None)} for row in csv.DictReader(lines))


def parameters(release: Path) -> int | None:
    """Count the numbers in the safetensors files of a release, from their headers; None if there is no release."""
    files = sorted(release.glob(f"*{WEIGHTS}")) if release.is_dir() else []
    return sum(map(numbers_in, files)) if files else None


def numbers_in(file: Path) -> int:
    """Count the numbers in a safetensors file. Its first 8 bytes are the length of a JSON header that has all shapes."""
    with file.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")


def benchmarked(project: Project, name: str) -> tuple[float | None, float | None]:
    """Training speed that a benchmark of the project measured, in images per second, and its ratio to a plain loop; None if unknown."""
    for file in sorted((project.folder / REPORTING / "benchmarks").glob("*.json")):
        found = json.loads(file.read_text(encoding="utf-8")).get(name)
        if isinstance(found, dict) and "images_per_second" in found:
            return float(found["images_per_second"]), float(found["ratio"]) if "ratio" in found else None
    return None, None


def seeds(
    file: Path,
    evaluation: Evaluation,
    entry: Mapping[str, Any],  # parameters of the recipe
) -> SeedSpread | None:
    """Read scores over seeds; None if there are none, or if they are of another protocol, model or budget than the recipe's own."""
    if not file.is_file():
        return None
    found = SeedSpread.from_json(json.loads(file.read_text(encoding="utf-8")))
    budget = found.settings.get("budget", {})  # with defaults for what the recipe leaves out
    same = found.settings.get("model") == entry["model"] and all(budget.get(name) == value for name, value in entry["budget"].items())
    return found if same and not evaluation.protocol.differences(found.protocol) else None
