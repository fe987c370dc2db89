"""Choice of the memory format of a training on a CPU: the faster one in a few turns."""

import logging
import statistics

from genlab.engine.compute import Compute
from genlab.engine.loop import NonFiniteLossError
from genlab.training.trial import Trial, seconds

ROUNDS = 4  # of one turn with each memory format; the first one is not counted
SHARE = 0.01  # of the budget that the turns may take
MARGIN = 1.05  # gain from which channels_last is used, so that noise does not decide between equally fast formats

logger = logging.getLogger(__name__)


def faster(trial: Trial, settings: Compute) -> bool:
    """Whether channels_last is at least 1.05 times as fast as the contiguous memory format, in turns of copies of the recipe.

    Returns False without measuring if there are several devices, if the turns would take more than 1 % of the budget, if the recipe
    descends no gradient, or if the model is an object, of which there are no copies.
    """
    if settings.devices > 1 or not trial.affords(2 * ROUNDS, SHARE):
        return False
    turns = [trial.turns(settings.with_format(each)) for each in (False, True)]
    try:
        rounds = [[seconds(each) for each in turns] for _ in range(ROUNDS)][1:]
    except NonFiniteLossError:  # the training itself will come to it, and says what to change
        return False
    ratio = statistics.median(contiguous / last for contiguous, last in rounds)
    chosen = ratio >= MARGIN
    text = (
        "channels_last: %s, since channels_last is %.2f times as fast as the contiguous format. Set it for equal digits on every machine."
    )
    logger.info(text, str(chosen).lower(), ratio)
    return chosen
