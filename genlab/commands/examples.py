"""Commands of `genlab` that use a release, ready to copy."""

from collections.abc import Mapping
from typing import Any

from genlab.serving.directions import named_directions

RESULTS = {"encode": "latents.npz", "reconstruct": "done/", "score": "scores.csv", "cluster": "clusters.csv"}


def examples(
    facts: Mapping[str, Any],  # the content of release.json
    name: str,  # of the model, quoted for a shell if necessary
) -> list[str]:
    """List one command per direction of a translator, or per use of a model that samples and infers."""
    if facts["served_as"] == "translator":
        return [f"genlab translate {name} photos/ --direction {each} --out {each}/" for each in named_directions(dict(facts)).values()]
    label = " --label 0" if facts.get("classes") else ""
    networks = facts.get("inference", {}).get("networks", {})
    infers = [*(["encode"] if "encoder" in networks else []), *(["reconstruct", "score"] if networks else [])]
    infers += ["cluster"] if any("log_joint" in outputs for outputs in networks.values()) else []
    return [
        f"genlab sample {name} --count 64{label} --out samples/",
        f"genlab interpolate {name} --seeds 3 7 12{label} --out walk.mp4",
        *(f"genlab {command} {name} photos/{label} --out {RESULTS[command]}" for command in infers),
    ]
