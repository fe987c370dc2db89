"""Pipeline that makes a study of people and analyses their answers."""

from kedro.pipeline import Node, Pipeline

from genlab.study.settings import Settings
from pipelines.user_study.nodes import analyse, make
from pipelines.user_study.parameters import USER_STUDY


def create_pipeline(settings: Settings) -> Pipeline:
    """Releases of the models + held-out images -> the study; the study + the answers that there are -> results and report."""
    own = f"{USER_STUDY}.{settings.name}"
    inputs = [f"params:{USER_STUDY}", f"{settings.images}.images", *(f"{name}.artefacts" for name in settings.models)]
    reported = [f"{own}.{part}" for part in ("results", "report", "markdown", "ranking")]
    return Pipeline(
        [
            Node(make, inputs, f"{own}.study", name="make", tags="make", namespace=USER_STUDY),
            Node(analyse, [f"{own}.study", f"{own}.answers"], reported, name="analyse", tags="analyse", namespace=USER_STUDY),
        ]
    )
