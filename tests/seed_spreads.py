"""Scores of recipes under several seeds, for tests of the code that reads them."""

from stand_in_metrics import SAMPLE_PROTOCOL

from genlab.evaluation.scores import Evaluation
from genlab.evaluation.spread import Replicate, SeedSpread

BUDGET = {"images": 100, "batch_size": 4}


def spread_of(recipe, kids, recall=None, images="fashion", budget=BUDGET, **protocol):
    """Scores of a recipe that has these KIDs, one per seed."""
    replicates = []
    for seed, kid in enumerate(kids):
        own = {"kid_efflite0": kid, "fid_efflite0": 50.0, "precision": 0.5, "recall": recall[seed] if recall else 0.25}
        metrics = {
            "headline": {"name": "kid_efflite0", "value": kid, "lower_is_better": True},
            "protocol": SAMPLE_PROTOCOL | protocol,
            "samples": {"generated": own},
            "in_domain": {"generated": {"kid_in_domain": 2 * kid, "precision": 0.6}},
        }
        settings = {"model": {"class": "genlab.recipes.gan.GAN"}, "augmentation": None, "budget": budget}
        replicates.append(Replicate(seed, settings, Evaluation.from_json(metrics)))
    return SeedSpread.of(recipe, images, replicates)
