"""Scores of several evaluations as one table, for scripts and notebooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from genlab.errors import InputError
from genlab.evaluation.comparable import check_comparable
from genlab.evaluation.result import Result
from genlab.evaluation.scores import Evaluation

if TYPE_CHECKING:
    import pandas


def compare(results: Mapping[str, Result | Evaluation]) -> "pandas.DataFrame":
    """Evaluations by name -> a table with a row per name, the best first, and the columns `<group>.<score>` and `<group>.<score>_spread`.

    Raises:
        InputError: there is none, two were scored under different protocols, which the message names, or they have different headlines.
    """
    import pandas

    if not results:
        raise InputError("compare: got no results, expected {name: result of genlab.evaluate}.")
    scores = {name: each.scores if isinstance(each, Result) else each for name, each in results.items()}
    check_comparable({name: each.protocol.to_json() for name, each in scores.items()})
    headlines = {each.headline.name for each in scores.values()}
    if len(headlines) > 1:
        raise InputError(f"compare: got the headlines {', '.join(sorted(headlines))}, expected one. Compare models of one kind.")
    rows = {
        name: {f"{group.name}.{score}": value for group in each.groups for score, value in group.own.to_json().items()}
        for name, each in scores.items()
    }
    best = {name: each.headline.value if each.headline.lower_is_better else -each.headline.value for name, each in scores.items()}
    order = sorted(rows, key=lambda name: (best[name] != best[name], best[name] if best[name] == best[name] else 0.0))
    return pandas.DataFrame([rows[name] for name in order], index=pandas.Index(order, name="model"))
