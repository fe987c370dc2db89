"""What describes a run in MLflow's lists: its name, its few parameters, and a note in Markdown that opens its page."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from genlab.evaluation.scores import Evaluation
from genlab.reports.few_digits import chosen, few, shown, stated, title
from genlab.reports.markdown import line
from pipelines.tracking.names import flatten

NOTE = "mlflow.note.content"
HEALTH_AT_END = "genlab.health"  # tag of a run: names of the failures in the last rows of its history, or SOUND
SOUND = "sound"
LIFE = "genlab.life"  # tag of a run: other budgets under which it was trained, and warm restarts
SELECTED, STOPPED_EARLY = "genlab.selected", "genlab.stopped_early"  # tags of a run: its best and last score; why it ended early
ANCESTOR, ANCESTOR_HASH = "initial.from", "initial.sha256"  # tags of a fine-tuned run, and of its versions: the source of its weights
LOADED = "initial.loaded"  # tag of a fine-tuned run: what was loaded of each network, and what was not
MATTERING = ("images", "seed", "budget.images", "budget.batch_size", "model.class", "initial.from")  # parameters that every run shows
NAMED_DIFFERENCES = 5
CLAIM, HOLDS, FAILS = "claim.", "holds", "does not hold"  # tags `claim.<name>` of a run that measures claims, and their values
NOTE_LIMIT = 8000  # characters, MLflow's limit for a tag


def differing(entry: Mapping[str, Any], committed: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a recipe that differ from those in conf/: set in conf/local or on the command line."""
    now, then = flatten(entry), flatten(committed)
    return {name: value for name, value in now.items() if name not in then or then[name] != value}


def run_name(
    owner: str,
    entry: Mapping[str, Any],
    changed: Mapping[str, Any],  # see `differing`
    environment: str | None,
) -> str:
    """Name of a run, which tells it apart by what differs from the recipe's YAML: `gan fashion seed=1 generator_optimizer.lr=1e-4`."""
    parts = [owner, str(entry["images"]), *([f"env={environment}"] if environment not in (None, "local", "dvc", "base") else [])]
    shown = [name for name in changed if name != "images" and not name.startswith("monitoring.")]
    parts += [f"{shortest(name, flatten(entry))}={valued(changed[name])}" for name in shown[:NAMED_DIFFERENCES]]
    return " ".join([*parts, *([f"+{len(shown) - NAMED_DIFFERENCES}"] if len(shown) > NAMED_DIFFERENCES else [])])


def shortest(name: str, names: Mapping[str, Any]) -> str:
    """Shortest end of a dotted name that no other name has: `model.clip` -> `clip`."""
    parts = name.split(".")
    for start in range(len(parts) - 1, -1, -1):
        end = ".".join(parts[start:])
        if sum(other == end or other.endswith(f".{end}") for other in names) == 1:
            return end
    return name


def valued(value: Any) -> str:
    """A value in short: 0.0001 -> `1e-4`, genlab.losses.adversarial.HINGE -> `HINGE`."""
    if isinstance(value, float):
        short = f"{value:.3g}"
        return f"{value:.0e}".replace("e-0", "e-") if short.startswith(("0.000", "0.00")) and float(f"{value:.0e}") == value else short
    text = str(value)
    return text.rpartition(".")[2] if text.startswith(("genlab.", "torch.")) else text.replace(" ", "")[:30]


def parameters_shown(entry: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The few parameters that MLflow shows as such; all of them are in the artifact parameters.yml."""
    return {name: value for name, value in flatten(entry).items() if name in MATTERING or name in changed}


def picture(path: str, run_id: str, title: str = "samples") -> str:
    """Markdown of a picture among the artifacts of a run."""
    return f"![{title}](/get-artifact?path={quote(path, safe='')}&run_uuid={run_id})"


def note_of_training(images: int, budget: int, sheet: str, row: Mapping[str, float], findings: Sequence[str], run_id: str) -> str:
    """Note of a run in training: how far it is, its last picture, its losses, and what is wrong."""
    losses = [f"{name.removesuffix('/loss')} {few(value)}" for name, value in row.items() if name.endswith("/loss")]
    lines = [f"**Training: {images:,} of {budget:,} images.** {', '.join(losses)}", "", picture(sheet, run_id) if sheet else ""]
    return "\n".join([*lines, "", *(f"- {finding}" for finding in findings)]).strip()


def note_of_scores(evaluation: Evaluation, findings: Sequence[str], run_id: str) -> str:
    """Note of an evaluated run: the headline, the sheet of samples, and a table of scores with their baselines."""
    lines = [f"**{stated(evaluation.headline)}**", "", picture("samples/samples.png", run_id), ""]
    lines += [chosen(evaluation.selection), ""] if evaluation.selection else []
    lines += [f"- {finding}" for finding in findings]
    for group in evaluation.groups[:3]:
        columns = list(dict.fromkeys(name for row in group.rows for name in row.values))[:8]
        lines += ["", f"### {title(group.name)}", line(["", *map(title, columns)]), line(["---", *["---:"] * len(columns)])]
        values = [{name: score.value for name, score in row.values.items()} for row in group.rows]
        lines += [
            line([row.name, *(shown(name, found.get(name), group=group.name) for name in columns)])
            for row, found in zip(group.rows, values, strict=True)
        ]
    return "\n".join(lines)[:NOTE_LIMIT]


def note_of_claims(tags: Mapping[str, str]) -> str:
    """Note of a run that measures claims of the theory, from its tags `claim.<name>`: their verdicts, and where the page is."""
    verdicts = {name.removeprefix(CLAIM): verdict for name, verdict in tags.items() if name.startswith(CLAIM)}
    holding = sum(verdict == HOLDS for verdict in verdicts.values())
    lines = [f"**{holding} of {len(verdicts)} claims hold.** The page is the artifact `theory.html`.", ""]
    return "\n".join([*lines, *(f"- {name}: {verdict}" for name, verdict in verdicts.items())])


def note_of_study(
    report: str,  # in Markdown
    run_id: str,
) -> str:
    """Note of a run that analyses a study: its report, with the plot among the artifacts of the run."""
    return report.replace("![ranking](ranking.png)", picture("ranking.png", run_id, "ranking"))[:NOTE_LIMIT]


def note_of_error(
    error: str,
    before: str,  # the run's note so far, which stays below
) -> str:
    """Note of a run that has failed."""
    return f"**Stopped by an error.** {error}\n\n{before}"[:NOTE_LIMIT].strip()
