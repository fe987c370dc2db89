"""The report of a study of people: its sections and tables, and the report as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from genlab.reports.markdown import line
from genlab.study.settings import PREFERENCE, REAL_OR_GENERATED

WHAT = {
    REAL_OR_GENERATED: "One image per trial: is it real or generated?",
    "real_against_generated": "Two images per trial, one of them real: which one?",
    PREFERENCE: "Two images per trial, of two models: which one is better?",
}
FOOLED = "Share of answers that take a generated image for a real one. 50 % is chance. Intervals are those of Clopper and Pearson."
HYPE = (
    "HYPE: the mean of the shares of wrong answers to generated and to real images (arXiv:1904.01121), in %. Its interval is the bootstrap "
    "over participants."
)
STRENGTH = (
    "Strength: log-odds of Bradley and Terry with mean 0. A model that is stronger by 1 is preferred in 73 % of the choices. Intervals "
    "have the larger of two errors, for independent answers and for participants that differ."
)
INFINITE = (
    "Some models were always, or never, preferred to others: the strengths have no finite estimate. Half an answer was added to both "
    "outcomes of each pair."
)


class Section(NamedTuple):
    """A part of the report."""

    title: str
    texts: Sequence[str]
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()  # of the table


def sections(results: Mapping[str, Any]) -> list[Section]:
    """Sections of the report of a study, from the content of results.json."""
    found = [summary(results)]
    if results["answers"]:
        found += [ranking(results), *([pairs(results)] if results["kind"] == PREFERENCE else []), agreement(results)]
    return [*found, exclusions(results)]


def summary(results: Mapping[str, Any]) -> Section:
    """What was asked, of whom, and the first of the ranking."""
    limit = results["exposure_milliseconds"]
    texts = [
        f"{WHAT[results['kind']]} Images of the set {results['images']} are visible {f'for {limit} ms' if limit else 'until the answer'}.",
        f"Participants that count: {results['participants']}, with {results['answers']:,} answers. Excluded: {len(results['excluded'])}. "
        f"Files left out: {len(results['skipped'])}."
        + (
            f" Answers whose images were seen again after a reload, and which do not count: {results['repeated']}."
            if results["repeated"]
            else ""
        ),
    ]
    if not results["answers"]:
        texts.append("There are no answers to analyse yet.")
    return Section(f"Study {results['name']}", [*texts, f"Hash of the study: {results['hash'][:16]}."])


def ranking(results: Mapping[str, Any]) -> Section:
    """Models in their order, with intervals."""
    if results["kind"] == PREFERENCE:
        rows = [[str(place + 1), name, interval(results["models"][name]["strength"], 2)] for place, name in enumerate(results["ranking"])]
        close = [each for each in results.get("neighbours", []) if each["low"] <= 0]
        texts = [STRENGTH, *([] if results.get("finite", True) else [INFINITE])]
        texts += [f"Not distinguishable: {each['better']} and {each['worse']}, {interval(each, 2, 'difference')}." for each in close]
        return Section("Ranking", texts, ["", "model", "strength"], rows)
    alone = results["kind"] == REAL_OR_GENERATED
    rows = [
        [
            str(place + 1),
            name,
            percent(model["fooled"]),
            f"{model['fooled']['count']} of {model['fooled']['of']}",
            *([interval(model["hype"], 1)] if alone else []),
        ]
        for place, (name, model) in enumerate((name, results["models"][name]) for name in results["ranking"])
    ]
    texts = [FOOLED, *([HYPE] if alone else [])]
    if results.get("real_judged_generated"):
        texts.append(f"Real images were judged generated in {percent(results['real_judged_generated'])} of the answers.")
    return Section("Ranking", texts, ["", "model", "taken for real", "answers", *(["HYPE"] if alone else [])], rows)


def pairs(results: Mapping[str, Any]) -> Section:
    """How often the first model of each pair was preferred."""
    rows = [[f"{each['first']} to {each['second']}", percent(each), f"{each['count']} of {each['of']}"] for each in results["pairs"]]
    return Section(
        "Pairs", ["Share of answers that prefer the first model, with exact intervals."], ["preferred", "share", "answers"], rows
    )


def agreement(results: Mapping[str, Any]) -> Section:
    """How far participants agree."""
    found = results["agreement"]
    alpha = "cannot be computed" if found["krippendorffs_alpha"] is None else f"is {found['krippendorffs_alpha']:.2f}"
    text = f"Krippendorff's alpha {alpha}, over {found['items']} items that several participants judged (1: perfect, 0: as by chance)."
    return Section("Agreement", [text])


def exclusions(results: Mapping[str, Any]) -> Section:
    """Who does not count, and why."""
    rows = [[code, "excluded", "; ".join(why)] for code, why in sorted(results["excluded"].items())]
    rows += [[name, "left out", reason] for name, reason in sorted(results["skipped"].items())]
    rules = "The rules of exclusion are in study.json and were fixed before the first answer."
    return Section(
        "Answers that do not count", [rules if rows else f"None. {rules}"], ["participant or file", "", "reason"] if rows else [], rows
    )


def percent(values: Mapping[str, Any] | None) -> str:
    """A share with its interval in %: `31.2 % [24.1, 39.0]`; "-" for None."""
    return "-" if values is None else f"{100 * values['share']:.1f} % [{100 * values['low']:.1f}, {100 * values['high']:.1f}]"


def interval(values: Mapping[str, Any] | None, places: int, field: str = "value") -> str:
    """A value with its interval: `1.29 [0.87, 1.70]`; "-" for None."""
    if values is None:
        return "-"
    ends = "" if values["low"] is None else f" [{values['low']:z.{places}f}, {values['high']:z.{places}f}]"
    return f"{values[field]:z.{places}f}{ends}"


def markdown(
    results: Mapping[str, Any],
    picture: str,  # file name of the plot
) -> str:
    """Render the report as Markdown."""
    lines: list[str] = []
    for number, section in enumerate(sections(results)):
        lines += [f"{'#' if number == 0 else '##'} {section.title}", ""]
        for text in section.texts:
            lines += [text, ""]
        if section.rows:
            lines += [line(section.header), line(["---"] * len(section.header)), *map(line, section.rows), ""]
        if section.title == "Ranking":
            lines += [f"![ranking]({picture})", ""]
    return "\n".join(lines)
