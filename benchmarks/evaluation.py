"""Measure an evaluation against a plain loop in torch and scipy: time and memory for N = 1,000, 10,000 and 50,000 samples.

    python benchmarks/evaluation.py [N ...] [--plain] [--devices 2]

Images are random shapes, the generator has random weights: neither matters for the speed. Each measurement is a process of its own, so that
its peak of memory is known. The plain loop computes fewer scores: EfficientNet-Lite0's features in PyTorch, KID with 100 subsets, FID by
scipy.linalg.sqrtm, precision and recall from whole matrices of distances. `--plain` measures it as well, for N up to 10,000: it takes half
an hour there. `--devices` also measures an evaluation that is divided among processes; OMP_NUM_THREADS is the number of threads of each.
The results are printed and written to data/08_reporting/benchmarks/evaluation.json; docs/how-to/evaluation.md has the table.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.build import build  # noqa: E402
from genlab.engine.compute import Compute  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.engine.seeding import seed_everything  # noqa: E402
from genlab.evaluation.devices import Devices  # noqa: E402
from genlab.evaluation.evaluate import evaluate  # noqa: E402
from genlab.evaluation.sampler import sampler  # noqa: E402
from genlab.evaluation.settings import Settings  # noqa: E402
from genlab.extractors import efficientnet  # noqa: E402
from genlab.images.feeding.held_out import HeldOut  # noqa: E402
from genlab.images.prepared_set import PreparedSet  # noqa: E402
from genlab.metrics.frechet import distance, frechet_distance_of_moments, root  # noqa: E402
from genlab.metrics.moments import moments_of  # noqa: E402
from genlab.networks.latents import normal  # noqa: E402
from pipelines.configuration import recipes  # noqa: E402

OUT = ROOT / "data/08_reporting/benchmarks/evaluation.json"
TRAINING = 1000  # images
LONGEST_PLAIN = 10_000  # samples: whole matrices of distances take 1.6 GB there
CPU = torch.device("cpu")


def shapes(count: int) -> PreparedSet:
    """A set of grey images of 32 px with random rectangles, `count` of them held out."""
    random, total = np.random.default_rng(0), TRAINING + count
    images = np.zeros((total, 32, 32, 1), np.uint8)
    for image, (top, left, height, width, grey) in zip(images, random.integers(1, 16, (total, 5)), strict=True):
        image[top : top + height, left : left + width] = 16 * grey
    images += random.integers(0, 16, images.shape, np.uint8)
    manifest = pd.DataFrame({"path": [f"{index:06}.png" for index in range(total)], "domain": "", "pair": "", "label": ""})
    manifest["stem"], manifest["split"] = manifest["path"], np.where(np.arange(total) < TRAINING, "train", "test")
    return PreparedSet("shapes", "unlabelled", images, manifest, (), f"{count:064}", (0, 0, 0))


def genlabs(count: int, cache: Path, devices: int = 1) -> dict[str, float]:
    """Seconds of an evaluation, with and without cached features of the reference, and the peak of memory of this process."""
    model = recipes()["gan"]["model"]
    seed_everything(0)
    trained, untrained, images = build(model), build(model), shapes(count)
    settings = Settings(samples=count, untrained=100)
    extractor = settings.extractor(cache=cache).prepared(images)
    extractor(images.images[:16])  # the network is exported once per machine
    divided = Devices(Compute(device="cpu", devices=devices), model)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        evaluate(trained, untrained, images, extractor, None, CPU, settings=settings, cache=cache, devices=divided)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds[0], "seconds_cached": seconds[1], "megabytes": peak}


def plain(count: int) -> dict[str, float]:
    """Seconds of the plain loop, and its peak of memory."""
    seed_everything(0)
    trained, images = build(recipes()["gan"]["model"]), shapes(count)
    network = efficientnet.Pooled(efficientnet.load(efficientnet.EfficientNetLite0(Path(tempfile.gettempdir())).weights)).eval()
    start = time.perf_counter()
    made = HeldOut.to_bytes(sampler(trained, CPU)(normal(count, trained.latent_size, 0)))
    real, fake = (features(network, pixels) for pixels in (images.images[images.indices("test")], made))
    print(distances(real, fake), file=sys.stderr)
    return {"seconds": time.perf_counter() - start, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def features(network: torch.nn.Module, pixels: np.ndarray) -> np.ndarray:
    """Features of images in batches of 32, in torch."""
    found = []
    with torch.no_grad():
        for start in range(0, len(pixels), 32):
            batch = torch.from_numpy(pixels[start : start + 32]).permute(0, 3, 1, 2).float().expand(-1, 3, -1, -1)
            batch = torch.nn.functional.interpolate(batch, (224, 224), mode="bilinear", antialias=True)
            found.append(network((batch - 127) / 128))
    return torch.cat(found).double().numpy()


def distances(real: np.ndarray, fake: np.ndarray) -> list[float]:
    """KID with its spread, FID, precision and recall, as in the papers' equations."""
    from scipy.linalg import sqrtm

    def kid(x: np.ndarray, y: np.ndarray) -> float:
        xx, yy, xy = ((a @ b.T / a.shape[1] + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
        n, m = len(x), len(y)
        return float((xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1)) - 2 * xy.mean())

    random, size = np.random.default_rng(0), min(1000, len(real) // 2)
    subsets = [kid(*(each[random.choice(len(each), size, replace=False)] for each in (real, fake))) for _ in range(100)]
    covariances = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = sqrtm(covariances[0] @ covariances[1]).real
    fid = np.square(real.mean(0) - fake.mean(0)).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    x, y = torch.from_numpy(real), torch.from_numpy(fake)
    reach = [torch.cdist(each, each).kthvalue(4, dim=1).values for each in (x, y)]
    apart = torch.cdist(x, y)
    precision, recall = (apart <= reach[0][:, None]).any(0).double().mean(), (apart <= reach[1]).any(1).double().mean()
    return [kid(real, fake), float(np.std(subsets)), float(fid), float(precision), float(recall)]


def ways(x: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], float]]:
    """Ways to compute the Frechet distance of features, each from what it needs: the features, or their moments."""
    from scipy.linalg import sqrtm

    one, other = moments_of(x), moments_of(y)

    def of(first: np.ndarray, second: np.ndarray) -> float:
        return distance(one.mean, other.mean, first, second)

    def rest(nuclear: float) -> float:
        return float(np.square(one.mean - other.mean).sum() + np.trace(one.covariance + other.covariance) - 2 * nuclear)

    def triangle(rows: np.ndarray) -> np.ndarray:
        found: Any = np.linalg.qr((rows - rows.mean(0)) / np.sqrt(len(rows) - 1), mode="r")  # for numpy's types, R may be more than R
        return np.asarray(found).T

    def eigenvalues() -> float:
        first = root(one)
        return rest(np.sqrt(np.linalg.eigvalsh(first.T @ other.covariance @ first).clip(min=0)).sum())

    return {
        "two QR and an SVD of the features": lambda: of(triangle(x), triangle(y)),
        "genlab: two Cholesky factors and singular values": lambda: frechet_distance_of_moments(one, other),
        "two eigenvalue problems with vectors, and singular values": lambda: of(root(one), root(other)),
        "two eigenvalue problems, one without vectors": eigenvalues,
        "scipy.linalg.sqrtm": lambda: rest(np.trace(sqrtm(one.covariance @ other.covariance)).real),
    }


def frechet(size: int = 1280, count: int = 3840) -> dict[str, Any]:
    """Seconds of the ways, the ratio to genlab's, and their errors relative to the first one, by the kind of features."""
    random, results = np.random.default_rng(0), {}
    turn = np.linalg.qr(random.normal(size=(size, size)))[0]
    for kind, decay, dead in (("spread i^-0.5", 0.5, 0), ("spread i^-1.5", 1.5, 0), ("spread i^-1.5, 3 dead features", 1.5, 3)):
        x, y = (random.normal(shift, 1, (count, size)) * np.arange(1.0, size + 1) ** -decay @ turn for shift in (0, 0.3))
        x[:, :dead] = y[:, :dead] = 0
        found: dict[str, Any] = {}
        for name, way in ways(x, y).items():
            seconds = []
            for _ in range(3):
                start = time.process_time()
                value = way()
                seconds.append(time.process_time() - start)
            found[name] = {"seconds": min(seconds), "value": value}
        truth, ours = (list(found.values())[index] for index in (0, 1))
        for each in found.values():
            each["ratio"], each["error"] = each["seconds"] / ours["seconds"], abs(each["value"] / truth["value"] - 1)
        results[kind] = found
        print(kind, json_text(found, indent=2), flush=True)
    return results


def main(counts: list[int], with_plain: bool, devices: int) -> None:
    """Run each measurement in its own process, and write the results."""
    results: dict[str, Any] = {}
    for count in counts:
        kinds = ["genlab", *(["plain"] if with_plain and count <= LONGEST_PLAIN else []), *(["divided"] if devices > 1 else [])]
        command = [sys.executable, __file__, str(count), "--devices", str(devices), "--one"]
        found = {kind: json.loads(subprocess.check_output([*command, kind])) for kind in kinds}
        if "plain" in found:
            found["ratio"] = {key: found["plain"]["seconds"] / found["genlab"][key] for key in ("seconds", "seconds_cached")}
        results[str(count)] = found
        print(count, json_text(found), flush=True)
    save(OUT, results)


def save(file: Path, results: dict[str, Any]) -> None:
    """Write results as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json_text(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("counts", nargs="*", type=int, default=[1000, 10_000, 50_000])
    arguments.add_argument("--plain", action="store_true", help="measure the plain loop as well")
    arguments.add_argument("--frechet", action="store_true", help="measure the Frechet distance alone")
    arguments.add_argument("--devices", type=int, default=1, help="measure an evaluation that is divided among processes as well")
    arguments.add_argument("--one", choices=["genlab", "plain", "divided"], help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.frechet:
        save(OUT.with_name("frechet.json"), frechet())
    elif given.one == "plain":
        print(json_text(plain(given.counts[0])))
    elif given.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json_text(genlabs(given.counts[0], Path(folder), given.devices if given.one == "divided" else 1)))
    else:
        main(given.counts, given.plain, given.devices)
