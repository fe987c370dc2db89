"""The node of the evaluation pipeline, an adapter of genlab.evaluation."""

from pathlib import Path
from typing import Any

from pipelines.evaluation.parameters import EVALUATION, with_factory
from pipelines.training.parameters import Budget


def score(
    checkpoint: dict[str, Any],  # the trained recipe's state_dict
    model: dict[str, Any],  # the recipe's description, from its YAML
    images: Any,  # a genlab.images.prepared_set.PreparedSet
    compute: dict[str, Any],  # a description of a genlab.engine.compute.Compute
    seed: int,  # of the untrained recipe, a baseline
    evaluation: dict[str, Any],  # a description of genlab.evaluation.settings.Settings
    caches: Path,  # folder of feature extractors, features and classifiers
    budget: Budget,
    selection: dict[str, Any],  # the content of selection.json
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Evaluate a recipe -> (content of metrics.json, sheet of samples or translations, {name: picture}).

    See genlab.evaluation.evaluate.evaluate.
    """
    from genlab.build import build
    from genlab.engine.weights import digest
    from genlab.evaluation.devices import Devices
    from genlab.evaluation.evaluate import evaluate
    from genlab.extractors.classifier_cache import Classifiers

    settings = build(with_factory(evaluation), EVALUATION)
    extractor, classifiers = settings.extractor(cache=caches / "extractors"), Classifiers(caches / "classifiers", settings.classifier)
    trained, untrained, computing = recipes(checkpoint, model, compute, seed)
    about = (budget.sampling, settings, caches / "extractors", Devices(computing, model))
    result = evaluate(trained, untrained, images, extractor, classifiers, computing.device, *about)
    ends = {name: value for name, value in selection.items() if name not in ("scores", "life")}  # selection.json has all of them
    scores = result.scores._replace(checkpoint=digest(checkpoint), selection=ends, life=selection.get("life", {}))
    return scores.to_json(), result.samples, result.pictures


def recipes(checkpoint: dict[str, Any], model: dict[str, Any], compute: dict[str, Any], seed: int) -> tuple[Any, Any, Any]:
    """Build a recipe twice -> (with the checkpoint's weights, untrained, the genlab.engine.compute.Compute of both).

    Each is a genlab.engine.recipe.Recipe.
    """
    from genlab.build import build
    from genlab.engine.seeding import seed_everything

    computing = build(compute, "compute")
    seed_everything(seed)
    untrained = computing.prepare(build(model, "model"))
    trained = computing.prepare(build(model, "model"))
    trained.load_state_dict(checkpoint)
    return trained, untrained, computing
