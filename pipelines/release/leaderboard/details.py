"""What the page of a leaderboard shows of a version in addition to its headline: a picture, further scores, and the training."""

import base64
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from genlab.evaluation.scores import SPREAD
from pipelines.release.leaderboard.entries import Entry
from pipelines.release.page import SAMPLES, trained
from pipelines.tracking.operations import refused

if TYPE_CHECKING:
    from mlflow import MlflowClient

WIDTH, HEIGHT = 480, 240  # of a picture, in pixels, at most; it is shown at half this size
SCORES = ("fid", "precision", "recall", "ssim")  # of a run, if it has them, in the features of any extractor


class Details(NamedTuple):
    """What is known of a version from its run."""

    picture: str = ""  # data URI of the sheet of samples; "" if there is none
    scores: Mapping[str, float] = {}  # name without its section -> value
    trained: str = ""  # in words


def details_of(client: "MlflowClient", entry: Entry) -> Details:
    """Read the details of a version; all are empty if its run is no longer there."""
    from mlflow.exceptions import MlflowException

    if not entry.run_id:
        return Details()
    try:
        run = client.get_run(entry.run_id)
    except MlflowException as error:
        if refused(error):  # the run was deleted for good
            return Details()
        raise
    return Details(picture(client, entry.run_id), further(run.data.metrics), trained(run.data.metrics, run.data.params))


def further(metrics: Mapping[str, float]) -> dict[str, float]:
    """The scores of a run that are shown next to its headline: name without its section -> value."""
    own = {name.removeprefix("score/"): value for name, value in metrics.items() if name.startswith("score/")}
    return {
        name: value
        for kind in SCORES
        for name, value in own.items()
        if name == kind or (name.startswith(f"{kind}_") and "." not in name and not name.endswith(SPREAD))
    }


def picture(client: "MlflowClient", run_id: str) -> str:
    """The sheet of samples of a run, made small, as a data URI; "" if the run has none."""
    from mlflow.exceptions import MlflowException

    try:
        with tempfile.TemporaryDirectory() as folder:
            return data_uri(Path(client.download_artifacts(run_id, SAMPLES, folder)))
    except (OSError, MlflowException):  # a page without this picture is better than no page
        return ""


def data_uri(file: Path) -> str:
    """A picture file, made small, as a data URI."""
    with Image.open(file) as image:
        small = image.convert("RGB")
    small.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"
