"""Write fingerprints of the code that each stage runs for each recipe and image set. `dvc repro` runs this first, in the stage `code`.

The fingerprints are one JSON file per stage and item, data/08_reporting/code/<stage>/<item>.json: {file: hash of its code}. Each covers
the files of genlab that the stage and the description in conf/ import, directly or indirectly, and the package of the stage in
pipelines/. Changes of comments or docstrings do not change a hash, and a new network is in no fingerprint until a recipe names it. Hence
DVC runs a stage again only if code that it depends on has changed.

    python scripts/fingerprints.py
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))

from genlab.engine.json_text import json_text  # noqa: E402
from genlab.training.code import Parsed, classes_in, code_of  # noqa: E402
from pipelines.session import CONFIG_LOADER_ARGS  # noqa: E402
from pipelines.theory.densities import with_densities  # noqa: E402

FOLDER = Path("data/08_reporting/code")
# Stage -> its package in pipelines/, and the modules of genlab that its nodes call. Pictures drawn during training are not covered, because
# they do not affect results.
STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "prepare": (
        "data_preparation",
        (
            "genlab.build",
            "genlab.images.checking.conversions",
            "genlab.images.checking.duplicates",
            "genlab.images.checking.lookalikes",
            "genlab.images.checking.pairs",
            "genlab.images.checking.ranges",
            "genlab.images.prepare",
            "genlab.images.read",
        ),
    ),
    "train": ("training", ("genlab.training.fit", "genlab.evaluation.selection", "genlab.extractors.efficientnet")),
    "evaluate": (
        "evaluation",
        ("genlab.build", "genlab.evaluation.evaluate", "genlab.extractors.classifier_cache"),
    ),
    "release": (
        "release",
        (
            "genlab.commands.examples",
            "genlab.evaluation.scores",
            "genlab.export.release",
            "genlab.reports.few_digits",
            "genlab.reports.markdown",
            "genlab.serving.directions",
            "genlab.serving.errors",
            "genlab.serving.images",
            "genlab.serving.operations",
            "genlab.study.results",
            "genlab.training.life",
        ),
    ),
    "theory": ("theory", ("genlab.build", "genlab.pictures.animation", "genlab.reports.theory_page", "genlab.theory.claim")),
}


def parameters() -> dict[str, Any]:
    """Load all parameters of conf/base, with which the DVC stages run."""
    loader = OmegaConfigLoader(str(ROOT / "conf"), **CONFIG_LOADER_ARGS | {"default_run_env": CONFIG_LOADER_ARGS["base_env"]})
    return loader["parameters"]


def items(stage: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of a stage, item -> its description: image sets for `prepare`, claims for `theory`, recipes for all others."""
    if stage == "prepare":
        return {name: entry["source"] for name, entry in given["images"].items()}
    if stage == "theory":
        densities = given["theory"]["densities"]
        return {name: with_densities(claim, densities, name) for name, claim in given["theory"]["claims"].items()}
    recipes = {name: entry for name, entry in given.items() if isinstance(entry, dict) and "model" in entry}
    if stage == "evaluate":  # also with the class of the extractor
        return {name: {**entry, "evaluation": given["evaluation"]} for name, entry in recipes.items()}
    return recipes


def fingerprints(given: Mapping[str, Any], root: Path = ROOT) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (stage, item, {file: hash}) for every stage and item in conf/."""
    parsed: Parsed = {}
    for stage, (package, modules) in STAGES.items():
        names = [".".join(file.relative_to(root).with_suffix("").parts) for file in (root / "pipelines" / package).rglob("*.py")]
        nodes = {
            file: digest for file, digest in code_of(names, root / "pipelines", parsed).items() if file.startswith(f"pipelines/{package}/")
        }
        for name, description in items(stage, given).items():
            yield stage, name, code_of([*modules, *classes_in(description)], root / "genlab", parsed) | nodes


def main() -> None:
    """Write all fingerprints, and delete those of items that no longer exist."""
    wanted = set()
    for stage, name, files in fingerprints(parameters()):
        file = FOLDER / stage / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json_text(files, indent=1) + "\n")
        wanted.add(file)
    for file in set(FOLDER.rglob("*.json")) - wanted:  # of items that no longer exist
        file.unlink()
    print(f"{len(wanted)} files in {FOLDER}")


if __name__ == "__main__":
    main()
