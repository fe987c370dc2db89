"""Keep the leaderboards in MLflow: a page per image set, linked from the description of the project's experiment."""

import re
from typing import TYPE_CHECKING

from pipelines.release.leaderboard.details import details_of
from pipelines.release.leaderboard.entries import Entry, entries_of, image_sets, tables
from pipelines.release.leaderboard.page import page
from pipelines.release.leaderboard.text import as_markdown, best, heading
from pipelines.release.page import artifact_page
from pipelines.tracking.description import NOTE
from pipelines.tracking.experiments import EXPERIMENT, LEADERBOARDS, experiment_id

if TYPE_CHECKING:  # mlflow takes two seconds to import
    from mlflow import MlflowClient

RUN, BEGIN, END = "leaderboards", "<!-- leaderboards -->", "<!-- end of leaderboards -->"  # the UI does not show HTML comments
SHOWN = 5  # rows of a table in the description
LIMIT = 20000  # characters, MLflow's limit for the tag of an experiment


def publish(
    client: "MlflowClient",
    uri: str,  # the client's address
    image_set: str,
) -> None:
    """Write the page of an image set, and the links to all pages with short tables to the description of the project's experiment.

    The pages are artifacts of a run of their own, in an experiment of their own, and contain their pictures. So they stay when the runs
    of the models are deleted, and are not among them.
    """
    place = experiment_id(client, uri, LEADERBOARDS)
    run_id = keeper(client, place)
    client.log_text(run_id, rendered(client, image_set, entries_of(client, image_set)), f"{image_set}.html")
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None:
        written = {file.path for file in client.list_artifacts(run_id)}
        sets = [name for name in image_sets(client) if f"{name}.html" in written]
        links = {name: artifact_page(place, run_id, f"{name}.html") for name in sets}
        text = summary({name: tables(entries_of(client, name), every=False) for name in sets}, links)
        former = experiment.tags.get(NOTE, "")
        note = described(former, text)
        client.set_experiment_tag(
            experiment.experiment_id, NOTE, note if len(note) <= LIMIT else described(former, text.partition("\n")[0])
        )


def rendered(client: "MlflowClient", image_set: str, entries: list[Entry], every: bool = False) -> str:
    """Render the page of these versions."""
    shown = tables(entries, every)
    details = {(entry.name, entry.version): details_of(client, entry) for group in shown for entry in group}
    return page(image_set, shown, details)


def keeper(client: "MlflowClient", experiment: str) -> str:
    """Id of the run that keeps the pages, which is created if there is none, and restored if it was deleted in the UI."""
    from mlflow.entities import ViewType

    found = client.search_runs([experiment], run_view_type=ViewType.ALL, order_by=["start_time ASC"])
    for run in sorted(found, key=lambda run: run.info.lifecycle_stage != "active"):
        if run.info.lifecycle_stage != "active":
            client.restore_run(run.info.run_id)
        return str(run.info.run_id)
    made = client.create_run(experiment, run_name=RUN, tags={NOTE: "The leaderboards of the registered models are among the artifacts."})
    client.set_terminated(made.info.run_id)
    return str(made.info.run_id)


def summary(boards: dict[str, list[list[Entry]]], links: dict[str, str]) -> str:
    """Markdown of all leaderboards. The UI shows its first line, and the rest when it is unfolded: first the links and best versions."""
    firsts = [f"[{name}]({links[name]}): {best(groups[0])}" for name, groups in boards.items()]
    lines = [f"**Leaderboards** {' · '.join(firsts)}"]
    for name, groups in boards.items():
        lines += ["", f"### {name}", heading(groups[0]), "", *as_markdown(groups[0], SHOWN)]
        lines += ["", f"{len(groups) - 1} more under other protocols or on other data: [page]({links[name]})"] if len(groups) > 1 else []
    return "\n".join(lines)


def described(note: str, text: str) -> str:
    """Put the leaderboards into a description: in place of the former ones, else above what a user has written, which stays."""
    block = f"{BEGIN}\n{text}\n{END}"
    if BEGIN in note and END in note:
        return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda found: block, note, count=1, flags=re.DOTALL)
    return f"{block}\n\n{note}".rstrip()
