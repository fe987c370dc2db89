"""Evaluate a suite of expectations from conf/base/expectations/ on a manifest."""

import logging
import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

import pandas as pd

from genlab.errors import InputError

os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read when great_expectations is imported: it must not contact any host

import great_expectations
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import get_expectation_impl, list_registered_expectation_implementations
from great_expectations.expectations.row_conditions import Column

import pipelines.data_preparation.expectations  # noqa: F401  (registers our expectations with GX)
from pipelines.data_preparation.findings import Finding, describe

Entry = Mapping[str, Any]


def fill(entries: Sequence[Entry], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Replace placeholders in the entries, such as `$size` and `$classes`, by the values of the image set.

    Raises:
        InputError: an entry has no type or name, a name occurs twice, or a placeholder is unknown.
    """
    filled = []
    for entry in entries:
        if not {"type", "name"} <= set(entry):
            raise InputError(f"Every expectation needs a type and a name; got {dict(entry)}.")
        for key, value in entry.items():
            if isinstance(value, str) and value.startswith("$") and value not in values:
                raise InputError(f"Expectation '{entry['name']}': {key} is {value}, which is unknown. There are: {', '.join(values)}.")
        filled.append({key: values[value] if isinstance(value, str) and value in values else value for key, value in entry.items()})
    names = [entry["name"] for entry in filled]
    if len(set(names)) < len(names):
        raise InputError(f"Two expectations are called '{next(name for name in names if names.count(name) > 1)}'. Give each its own name.")
    return filled


def evaluate(
    manifest: pd.DataFrame,
    entries: Sequence[Entry],  # without placeholders, see `fill`
    domains: Mapping[str, str],  # domain -> the user's name for it
) -> list[Finding]:
    """Evaluate the entries of a suite on a manifest -> one finding per entry, in the same order.

    Raises:
        InputError: GX doesn't have the expectation of an entry, or can't evaluate it.
    """
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # this logger sets its own level to INFO
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]  # GX stores it as a dictionary
    batches = context.data_sources.add_pandas("images").add_dataframe_asset("manifest").add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(great_expectations.ExpectationSuite("suite"))
    for position, entry in enumerate(entries):
        suite.add_expectation(make_expectation(entry, position))
    validation = context.validation_definitions.add(great_expectations.ValidationDefinition(name="validation", data=batches, suite=suite))
    # COMPLETE, because a quarantine needs every failing row; SUMMARY lists only the first twenty.
    shape = {"result_format": "COMPLETE", "unexpected_index_column_names": ["path"], "return_unexpected_index_query": False}
    results = validation.run(batch_parameters={"dataframe": manifest.reset_index(drop=True)}, result_format=shape).results
    found = {cast(ExpectationConfiguration, result.expectation_config).meta["position"]: result for result in results}
    if len(found) != len(entries):
        missing = ", ".join(entry["name"] for position, entry in enumerate(entries) if position not in found)
        raise InputError(f"Great Expectations evaluated {len(found)} of {len(entries)} expectations; missing: {missing}.")
    for position, result in found.items():
        check_evaluated(entries[position], result)
    return [
        describe(entries[position], bool(found[position].success), found[position].result, manifest, domains)
        for position in range(len(entries))
    ]


def make_expectation(entry: Entry, position: int) -> Expectation:
    """Build the GX expectation of an entry. `where: {column: value}` restricts it to the rows with this value.

    Raises:
        InputError: there is no expectation of that type, or it doesn't take these arguments.
    """
    arguments = {key: value for key, value in entry.items() if key not in ("type", "name", "where")}
    for column, value in entry.get("where", {}).items():
        condition = Column(column) == value
        arguments["row_condition"] = arguments["row_condition"] & condition if "row_condition" in arguments else condition
    try:
        return get_expectation_impl(entry["type"])(**arguments, meta={"position": position})
    except ExpectationNotFoundError:
        close = get_close_matches(entry["type"], list_registered_expectation_implementations(), n=1)
        suggestion = f" Did you mean {close[0]}?" if close else ""
        raise InputError(f"Expectation '{entry['name']}': there is no type {entry['type']}.{suggestion}") from None
    except ValueError as error:  # raised by pydantic
        raise InputError(f"Expectation '{entry['name']}' ({entry['type']}): {error}") from error


def check_evaluated(entry: Entry, result: ExpectationValidationResult) -> None:
    """Raise an InputError if an expectation crashed: GX reports it as failed, as if the images were at fault."""
    information = result.exception_info or {}
    for each in [information, *(value for value in information.values() if isinstance(value, dict))]:
        if each.get("raised_exception"):
            raise InputError(f"Expectation '{entry['name']}' ({entry['type']}) can't be evaluated: {each['exception_message']}")
