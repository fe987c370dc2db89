"""What a run says at its end: what was made, how long it took, the scores, where to look."""

from collections.abc import Mapping
from typing import Any

from kedro.io import CatalogProtocol

from pipelines.tracking import Run


def summary(runs: Mapping[str, Run], catalog: CatalogProtocol, seconds: float) -> str:
    """A block of text about every model of the run."""
    lines = [""]
    for owner, run in runs.items():
        record = run.client.get_run(run.id)
        lines.append(f"{record.info.run_name}  ({clock(seconds)} in all)")
        if run.trained_here and "training_seconds" in record.data.metrics:
            trained = record.data.metrics
            share = 1 - trained["turn_seconds"] / seconds
            lines.append(
                f"  trained    {clock(trained['training_seconds'])} at {trained['images_per_second']:.1f} images/s; "
                f"{share:.0%} of the run was spent outside training steps"
            )
        metrics = catalog.get(f"{owner}.metrics")
        if "headline.value" in record.data.metrics and metrics is not None and metrics.exists():
            lines += table(metrics.load())
        image_set = record.data.tags["image_set"]
        for title, name in (("samples", f"{owner}.samples"), ("curves", f"{owner}.curves"), ("data", f"{image_set}.validation_report")):
            dataset = catalog.get(name)
            if dataset is not None and dataset.exists():
                lines.append(f"  {title:<10} {dataset._describe()['filepath']}")
        version = catalog.get(f"{owner}.model_version")
        if version is not None and version.exists() and (facts := version.load())["run_id"] == run.id:
            lines.append(f"  model      {facts['name']} version {facts['version']}: {', '.join(facts['aliases'])}")
    lines.append("  browse     make ui, then http://127.0.0.1:5000")
    return "\n".join(lines)


def table(metrics: Mapping[str, Any]) -> list[str]:
    """Rows of scores, a line a way and baseline."""
    protocol, headline = metrics["protocol"], metrics["headline"]
    counts = " + ".join(f"{count:,}" for count in protocol["images"].values())
    directions = {name: rows for name, rows in metrics.items() if name not in ("protocol", "headline")}
    columns = [name for name in next(iter(next(iter(directions.values())).values())) if not name.endswith("_spread")]
    lines = [f"  scores     {' '.join(f'{name:>14}' for name in ['', *columns])}"]
    for direction, rows in directions.items():
        for name, scores in rows.items():
            values = " ".join(f"{scores[column]:>14.4f}" if column in scores else f"{'-':>14}" for column in columns)
            lines.append(f"  {direction:<10} {name:>14} {values}")
    lines.append(f"  headline   {headline['name']} = {headline['value']:.4f}, on {counts} held-out images")
    return lines


def clock(seconds: float) -> str:
    """61 -> `1:01`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
