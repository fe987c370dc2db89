"""Choice of compilation of a training on a GPU: whether it saves more time than it takes."""

import logging
import math
import statistics

import torch
from torch._dynamo.exc import TorchDynamoException

from genlab.engine.compute import Compute
from genlab.engine.loop import NonFiniteLossError
from genlab.training.trial import Trial, seconds

LONG = 20 * 60  # seconds without compilation from which a training measures what it gains
ROUNDS = 3  # of all turns after which lazy regularisation repeats
SHARE = 0.05  # of the turns of a training that may be measured

logger = logging.getLogger(__name__)


def pays(trial: Trial, settings: Compute) -> bool:
    """Whether compiled networks save more time in the rest of a training than their compilation takes, in turns of copies of the recipe.

    Returns False without compiling if the training takes less than 20 minutes or has few turns, if the recipe descends no gradient, or if
    the model is an object, of which there are no copies; and if compilation fails or the copies do not fit into the device's memory.
    """
    cycle = math.lcm(*(update.every for update in trial.recipe.gradient_updates().values()))
    if not trial.affords(1 + (2 + ROUNDS) * cycle, SHARE):
        return False
    turns = trial.budget.images / (trial.budget.batch_size * trial.recipe.batches_per_turn)
    try:
        plain = trial.turns(settings.with_compilation(False))
        seconds(plain)  # the first turn allocates memory and chooses kernels
        long = turns * statistics.mean(seconds(plain) for _ in range(cycle))
        if long < LONG:
            logger.info("compile: false, since the training takes about %.1f minutes without it.", long / 60)
            return False
        logger.info("Compiling copies of the networks, to measure what the training gains by it.")
        compiled = trial.turns(settings.with_compilation(True))
        first = sum(seconds(compiled) for _ in range(cycle))
        rounds = [[sum(seconds(each) for _ in range(cycle)) for each in (plain, compiled)] for _ in range(ROUNDS)]
    except (TorchDynamoException, torch.OutOfMemoryError) as error:
        logger.warning("compile: false, since a trial failed: %s", str(error).strip().splitlines()[0])
        return False
    except NonFiniteLossError:  # the training itself will come to it, and says what to change
        return False
    ratio = statistics.median(slow / fast for slow, fast in rounds)
    cost, saved = first - rounds[0][1], long * (1 - 1 / ratio)
    text = "compile: %s, since compiled networks are %.2f times as fast, which saves %.1f minutes, and compilation takes %.1f."
    logger.info(text, str(saved > cost).lower(), ratio, saved / 60, cost / 60)
    return saved > cost
