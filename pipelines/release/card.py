"""The model card in Markdown: what the model is, its scores, and how to reproduce it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from genlab.commands.examples import examples
from genlab.engine.json_text import json_text
from genlab.evaluation.scores import Evaluation, Group, GroupName, Score
from genlab.reports.few_digits import chosen, few, shown, stated, title
from genlab.reports.markdown import line
from genlab.study.results import Outcome, sentence
from genlab.training.life import Life
from pipelines.data_preparation.declaration import ImageSet
from pipelines.release.parameters import Release
from pipelines.release.serving import Facts, Serving, facts_of, scored, serving_of

MOST_COLUMNS = 20
SAMPLES = "samples/samples.png"  # path in the run's artifacts
# Placeholders that the registry fills in: the card is an output of the pipeline, so its bytes must not depend on the run.
RUN, GIT_COMMIT, COMMAND, DEVICE, TRAINED, MODEL = "${run}", "${git_commit}", "${command}", "${device}", "${trained}", "${model}"
PICTURES = "${pictures}"  # links to the run's other pictures
DETAILS = (GroupName.KID_WITHIN_CLASSES, GroupName.FURTHER)
HASHED = "_sha256"  # end of the names of a protocol's hashes
CALL = "curl -s http://127.0.0.1:5001/invocations -H 'Content-Type: application/json'"
DECODE = "import base64, json, sys; sys.stdout.buffer.write(base64.b64decode(json.load(sys.stdin)['predictions'][0]['image']))"
BODY = '{"dataframe_split": {"columns": ["%s"], "data": [[%s]]}}'  # of a request: its column and value


def describe(
    artefacts: Mapping[str, bytes],
    parity: Mapping[str, Any],
    metrics: Mapping[str, Any],  # the content of metrics.json
    release: Release,
    image_set: ImageSet,
    studies: Callable[[str], Sequence[Outcome]] = lambda checkpoint: (),  # hash of the weights -> what people said about their images
) -> str:
    """Write the model card: sample grid, links to other pictures, use, scores, limits, protocol, provenance, and hashes at the end."""
    scores = Evaluation.from_json(metrics)
    facts = scored(facts_of(artefacts), scores.checkpoint)
    differences = [f"{name} {few(value)}" for name, value in parity["onnx_difference"].items()]
    return "\n".join(
        [
            f"![samples](/get-artifact?path={quote(SAMPLES, safe='')}&run_uuid={RUN})",
            "",
            f"**{facts['model']['class'].rpartition('.')[2]}** on the image set **{facts['image_set']}**.",
            serving_of(facts).sentence,
            "",
            PICTURES,
            "",
            *use(serving_of(facts), facts),
            "",
            "## Scores",
            f"Headline: **{stated(scores.headline)}**.",
            *([chosen(scores.selection)] if scores.selection else []),
            *(line for group in in_order(scores.groups) for line in ("", f"### {title(group.name)}", *table(group))),
            *judged(studies(facts["checkpoint"])),
            "",
            "## Limits",
            *(
                f"- {limit}"
                for limit in (*image_set.limits, *release.limits, "Scores are comparable only under the same protocol and data hash.")
            ),
            "",
            "## Provenance",
            f"- licence of the data: {image_set.licence}",
            f"- trained: {TRAINED}",
            *(f"- {event}" for event in Life.from_json(scores.life).sentences()),
            f"- device: {DEVICE}",
            f"- command: `{COMMAND}`",
            f"- largest difference between ONNX and torch: {', '.join(differences)}",
            "",
            *identity(scores.protocol.to_json(), facts),
            "",
        ]
    )


def judged(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines about the studies of people in which these weights took part; none if there are no such studies."""
    return ["", "## Judged by people", *(f"- {sentence(outcome)}" for outcome in outcomes)] if outcomes else []


def in_order(groups: Sequence[Group]) -> list[Group]:
    """The groups of scores, those of details last: a card that is too long for the registry loses these."""
    return sorted(groups, key=lambda group: group.name in DETAILS)


def identity(protocol: Mapping[str, Any], facts: Facts) -> list[str]:
    """Lines with the protocol, and with all hashes at the end: a card that is too long for the registry loses these."""
    hashes = {name: value for name, value in protocol.items() if name.endswith(HASHED)}
    return [
        "## Protocol",
        *(f"- {name}: {code(value)}" for name, value in protocol.items() if name not in hashes),
        "",
        "## Hashes",
        f"- git commit: `{GIT_COMMIT}`",
        f"- data: {facts['image_set']}, {code(facts['data_hash'])}",
        f"- checkpoint: {code(facts['checkpoint'])}, kept in the artifacts of the run",
        *(f"- {name}: {code(value)}" for name, value in hashes.items()),
    ]


def use(serving: Serving, facts: Facts) -> list[str]:
    """Lines on how to use the version on the command line, in Python and as a server, ready to copy in the project's folder."""
    name = serving.column[0]
    samples = name == "seed"
    example = "[0, 1]" if samples else '[open("photo.png", "rb").read()]'
    sent = f"{CALL} -d '{BODY % (name, 0)}'"
    if not samples:
        body = BODY % (name, '"%s"')
        sent = f"printf '{body}' \"$(base64 < photo.png | tr -d '\\n')\" | {CALL} --data-binary @-"
    return [
        "## Use",
        "```bash",
        *examples(facts, MODEL),
        "```",
        "```python",
        "import mlflow, pandas",
        f'model = mlflow.pyfunc.load_model("models:/{MODEL}")',
        f'answer = model.predict(pandas.DataFrame({{"{name}": {example}}}))  # PNG files in the column image',
        "```",
        "As a server, and a request to it:",
        "```bash",
        f"mlflow models serve -m models:/{MODEL} --env-manager local -h 127.0.0.1 -p 5001",
        "```",
        "```bash",
        f'{sent} | python -c "{DECODE}" > image.png',
        "```",
    ]


def table(group: Group) -> list[str]:
    """Format a group of scores as the lines of a Markdown table. A cell has the score and, if there is one, its spread."""
    columns = unique(score for row in group.rows for score in row.values)
    if len(columns) > MOST_COLUMNS:  # one column per class: the card would be too long for the registry
        return [f"{len(columns)} scores per row, see the run's metrics."]
    return [
        line(["", *map(title, columns)]),
        line(["---", *["---:"] * len(columns)]),
        *(line([row.name, *(cell(name, row.values.get(name), group.name) for name in columns)]) for row in group.rows),
    ]


def cell(name: str, score: Score | None, group: str) -> str:
    """Format a score with its spread; "-" for None."""
    return "-" if score is None else shown(name, score.value, score.spread, group)


def code(value: Any) -> str:
    """Format a value as inline code in Markdown. Values other than strings are written as JSON."""
    return f"`{value if isinstance(value, str) else json_text(value)}`"


def unique(names: Iterable[str]) -> list[str]:
    """Remove duplicates and keep the order."""
    return list(dict.fromkeys(names))
