"""Score how well conditional GANs match their labels on the whole of Fashion-MNIST, after about a quarter of an hour of training.

    kedro run --env=whole --pipelines=prepare_fashion
    kedro run --env=whole --pipelines=biggan --tags=train
    python benchmarks/whole_fashion.py biggan

Only the classifier's scores are computed, because the features of EfficientNet-Lite0 of 70,000 images take half an hour on a CPU. The
scores and a grid of samples are written to docs/results/conditional/whole/, and docs/results/conditional.md shows them. Run this in a
separate clone, because the image set and the recipes have the same names as those of conf/base.
"""

import csv
import sys
from pathlib import Path
from typing import cast

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.build import build  # noqa: E402
from genlab.engine.capabilities import Samples  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.engine.seeding import seed_everything  # noqa: E402
from genlab.evaluation.classes import class_scores, taught_images  # noqa: E402
from genlab.evaluation.reference import Reference  # noqa: E402
from genlab.evaluation.sampler import SAMPLING_SEED, batch_sampler, sampler  # noqa: E402
from genlab.evaluation.samples import quality  # noqa: E402
from genlab.evaluation.scores import GroupName, RowName  # noqa: E402
from genlab.evaluation.settings import Settings  # noqa: E402
from genlab.extractors.classifier_cache import Classifiers  # noqa: E402
from genlab.images.feeding.held_out import HeldOut  # noqa: E402
from genlab.images.feeding.source import batch_of  # noqa: E402
from genlab.networks.latents import normal  # noqa: E402
from genlab.pictures.samples import COLUMNS, class_grid  # noqa: E402
from genlab.reports.artifacts import Project, prepared, save_as_webp, trained  # noqa: E402
from pipelines.configuration import recipes  # noqa: E402

OUT = ROOT / "docs/results/conditional/whole"


def main(name: str) -> None:
    """Score the trained recipe of this name, and write its scores and its grid."""
    project = Project(ROOT, recipes())
    entry = project.recipes[name]
    images, recipe = prepared(project, entry["images"]), trained(project, name)
    seed_everything(entry["seed"])
    untrained = build(entry["model"], "model")
    latent_size = cast(Samples, recipe).latent_size
    test, device = images.indices("test"), torch.device("cpu")
    latents, labels = normal(len(test), latent_size, SAMPLING_SEED), batch_of(images, test)["label"]
    made: dict[str, np.ndarray] = {
        RowName.GENERATED: HeldOut.to_bytes(sampler(recipe, device)(latents, labels)),
        RowName.UNTRAINED: HeldOut.to_bytes(sampler(untrained, device)(latents, labels)),
    }
    settings, classifier = Settings(), Classifiers(ROOT / ".genlab/classifiers").of_set(images)
    features = classifier(images.images[test])
    reference = Reference(images, test, images.indices("train"), features, features[:0])
    seen = {row: classifier(pixels) for row, pixels in made.items()}
    taught = np.concatenate(list(taught_images(batch_sampler(recipe, device), latent_size, images, settings)))
    history = list(csv.DictReader((ROOT / f"data/08_reporting/{name}/history.csv").open(encoding="utf-8")))
    scores = {
        "images": {"training": len(images.indices("train")), "held_out": len(test), "seen": int(float(history[-1]["images"]))},
        GroupName.IN_DOMAIN: quality(seen, features, classifier, settings),
        GroupName.CLASSES: class_scores(taught, seen, labels.numpy(), reference, classifier, settings),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json_text(scores, indent=2) + "\n", encoding="utf-8")
    save_as_webp(class_grid(sampler(recipe, device), latents[:COLUMNS], images.classes), OUT / f"{name}.webp")
    print(json_text({group: scores[group] for group in (GroupName.IN_DOMAIN, GroupName.CLASSES)}, indent=2))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
