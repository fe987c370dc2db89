"""Pipeline that delivers the records that MLflow could not receive earlier."""

import logging

from kedro.pipeline import Node, Pipeline

from pipelines.tracking.journal import Undelivered

logger = logging.getLogger(__name__)


def deliver(undelivered: Undelivered) -> None:
    """Deliver the records, and log what was done."""
    logger.info("%s", undelivered.deliver())


def create_pipeline() -> Pipeline:
    """Undelivered records -> MLflow."""
    return Pipeline([Node(deliver, "undelivered", None, name=SYNC, tags=SYNC)])


SYNC = "sync_tracking"
