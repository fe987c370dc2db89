"""Tries all metrics on damaged real images, and writes docs/metrics.md with its pictures and numbers.

python scripts/metrics_ladder.py              # a few minutes; needs the prepared sets, see SETS
python scripts/metrics_ladder.py --page-only  # only the text and the plots, from the numbers of an earlier call
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from genlab.damage.damages import DAMAGES  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.extractors.classifier_training import fit  # noqa: E402
from genlab.extractors.efficientnet import EfficientNetLite0  # noqa: E402
from genlab.images.prepared_set import PreparedSet  # noqa: E402
from genlab.ladder.drawing import reactions, strip  # noqa: E402
from genlab.ladder.material import Material, divided  # noqa: E402
from genlab.ladder.measure import Measured, measure  # noqa: E402
from genlab.ladder.page import page  # noqa: E402
from genlab.ladder.samples import applicable  # noqa: E402
from genlab.ladder.spaces import Features, Pixels, Space  # noqa: E402
from genlab.reports.artifacts import save_as_webp  # noqa: E402

SETS = ("fashion", "emoji_3d")  # one with classes, and one in colour; `kedro run --pipeline=prepare_<set>` prepares them
PREPARED, DOCS = ROOT / "data/05_model_input", ROOT / "docs"
NUMBERS = "ladder.json"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-only", action="store_true", help="write the page again from the numbers of an earlier call")
    folder = DOCS / "metrics"
    folder.mkdir(exist_ok=True)
    if not parser.parse_args().page_only:
        made = [measured(name) for name in SETS]
        (folder / NUMBERS).write_text(json_text([each.to_json() for each in made]) + "\n", encoding="utf-8")
    results = [Measured.from_json(each) for each in json.loads((folder / NUMBERS).read_text(encoding="utf-8"))]
    for each in results:
        material = divided(PreparedSet.load(PREPARED / each.images))
        for kind in applicable(material):
            save_as_webp(strip(material, kind), folder / f"{each.images}_{kind}.webp")
            save_as_webp(reactions(each, kind), folder / f"{each.images}_{kind}_scores.webp")
    (DOCS / "metrics.md").write_text(page(results), encoding="utf-8")
    print(f"wrote {DOCS / 'metrics.md'} and {len(DAMAGES)} kinds of damage of {len(results)} sets")


def measured(name: str) -> Measured:
    """Measure all metrics on one image set."""
    images = PreparedSet.load(PREPARED / name)
    material = divided(images)
    return measure(name, material, spaces(images, material))


def spaces(images: PreparedSet, material: Material) -> list[Space]:
    """EfficientNet-Lite0, a classifier of the set if it has classes, and pixels."""
    network = EfficientNetLite0()
    found: list[Space] = [Features(network.name, material, network, network.probabilities_of)]
    if material.labels is not None:
        classifier = fit(material.images[material.training], material.labels[material.training], len(images.classes), what=name_of(images))
        found.append(Features(classifier.name, material, classifier, classifier.probabilities_of))
    return [*found, Pixels("pixels", material)]


def name_of(images: PreparedSet) -> str:
    """The set in a progress bar."""
    return f"'{images.name}'"


if __name__ == "__main__":
    main()
