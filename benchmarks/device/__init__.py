"""Checks and measures genlab on a device, above all on a GPU: `make gpu`, or `python -m benchmarks.device --device cuda`.

Needs the library's own dependencies only, no Kedro, MLflow or DVC, and runs from a clone. It writes a JSON file and a Markdown page after
every row of results, so that a run that is killed leaves what it has.
"""
