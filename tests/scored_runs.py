"""Scored recipes for tests of comparisons."""

import io

from PIL import Image
from stand_in_metrics import SAMPLE_PROTOCOL, TRANSLATION_PROTOCOL

from genlab.evaluation.scores import Evaluation
from genlab.reports.comparison.runs import ScoredRun

HISTORY = tuple({"images": float(images), "critic/jsd": images / 1000} for images in range(100, 1001, 100))


def sheet(shade: int = 128) -> bytes:
    """A picture file."""
    content = io.BytesIO()
    Image.new("L", (320, 160), shade).save(content, "PNG")
    return content.getvalue()


def sampled(kid: float, **protocol) -> Evaluation:
    """Scores of a recipe that samples."""
    own = {"kid_efflite0": kid, "kid_efflite0_spread": 0.004, "fid_efflite0": 90.4, "precision": 0.5, "recall": 0.25}
    rows = {"generated": own, "untrained": own | {"kid_efflite0": 0.6}, "training images": own | {"kid_efflite0": 0.0}}
    headline = {"name": "kid_efflite0", "value": kid, "lower_is_better": True}
    return Evaluation.from_json({"headline": headline, "protocol": SAMPLE_PROTOCOL | protocol, "samples": rows})


def translated(kid: float, **protocol) -> Evaluation:
    """Scores of a recipe that translates in one direction."""
    rows = {"translated": {"kid_efflite0": kid, "l1": 0.2}, "identity": {"kid_efflite0": 0.5, "l1": 0.4}}
    headline = {"name": "kid_efflite0", "value": kid, "lower_is_better": True}
    return Evaluation.from_json({"headline": headline, "protocol": TRANSLATION_PROTOCOL | protocol, "a_to_b": rows})


def run(name: str, evaluation: Evaluation, images: str = "fashion", family: str = "adversarial", **known) -> ScoredRun:
    """A scored recipe."""
    entry = {"images": images, "family": family, "budget": {"images": 1000}, "model": {"class": "genlab.recipes.gan.GAN"}}
    return ScoredRun(name, entry, evaluation, **{"history": HISTORY, "samples": sheet(), "training_speed": 50.0} | known)
