"""Write hashes of small trained states of every recipe, computed with portable digits. A test compares them on every machine.

Each recipe is trained for a few turns at the size of its tests (conf/test), and one of each family for two turns at its own size
(conf/base). Other hashes mean other digits: after a change of a recipe or of torch, this is expected; else, portable digits are not.

    python scripts/portable_hashes.py [--print]
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["GENLAB_PORTABLE"] = "1"  # before numpy and torch are loaded

import genlab  # noqa: F401, E402, I001  (pins this process)
import torch  # noqa: E402

from benchmarks.device.cases import Case, case, image_set, names  # noqa: E402
from benchmarks.device.runs import run  # noqa: E402
from genlab.build import build  # noqa: E402
from genlab.engine.compute import Compute  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402

FILE = ROOT / "tests" / "genlab" / "engine" / "portable_hashes.json"
IMAGES = 80  # of each image set
BATCH_SIZE, TURNS = 4, 2
WHOLE = ("cyclegan", "gan", "stylegan2", "vae", "vae_linear", "gmm_digits")  # recipes that are trained at their own size as well


def hash_of(state: Mapping[str, torch.Tensor]) -> str:
    """16 hexadecimal digits of the names and bytes of a state."""
    digest = hashlib.sha256()
    for name, value in sorted(state.items()):
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def trained(each: Case) -> str:
    """Hash of the state of a recipe after a few turns."""
    count = BATCH_SIZE * TURNS * build(each.model, "model").batches_per_turn
    done = run(each, image_set(each.images, IMAGES), Compute(portable=True), count, batch_size=BATCH_SIZE)
    return hash_of(done.recipe.state_dict())


def hashes() -> dict[str, str]:
    """All hashes, by recipe and size."""
    found = {name: trained(case(name, "test")) for name in names()}
    return found | {f"{name} at its own size": trained(case(name)) for name in WHOLE}


def main() -> None:
    """Write the file, or print what it would contain."""
    parser = argparse.ArgumentParser(description="Hashes of small trained states of every recipe, with portable digits.")
    parser.add_argument("--print", action="store_true", help="print the hashes instead of writing the file")
    if parser.parse_args().print:
        print(json_text(hashes()))
    else:
        FILE.write_text(json_text({"torch": str(torch.__version__), "hashes": hashes()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
