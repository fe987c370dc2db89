"""Measure served models: the time of an answer, next to that of the bare network, and the memory for the largest pictures.

    python benchmarks/serving.py

The networks are those of conf/base with random weights, served by `mlflow models serve` on this machine, which also runs the clients. The
results are printed and written to data/08_reporting/benchmarks/serving.json and serving.md; docs/how-to/serve.md has the tables. Memory is
read from /proc, on Linux only.
"""

import base64
import contextlib
import http.client
import io
import json
import os
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from genlab.build import build  # noqa: E402
from genlab.engine.json_text import json_text  # noqa: E402
from genlab.export.release import release_files  # noqa: E402
from genlab.images.prepared_set import PreparedSet  # noqa: E402
from genlab.reports.markdown import line  # noqa: E402
from genlab.serving.sampler import Sampler  # noqa: E402
from genlab.serving.translator import Translator  # noqa: E402
from pipelines.configuration import recipes  # noqa: E402
from pipelines.release.registry import signature  # noqa: E402
from pipelines.release.serving import facts_of, serving_of  # noqa: E402
from pipelines.release.shipping import ship  # noqa: E402

OUT = ROOT / "data/08_reporting/benchmarks/serving.json"
CLIENTS = (1, 16)
PATIENCE = 3600  # seconds that the server allows for an answer


class Case(NamedTuple):
    """A model, and the request that is measured."""

    name: str
    recipe: str
    training: tuple[int, int, int]  # height, width, channels of the training images
    side: int  # of the pictures in requests, px; 0 for a sampler
    requests: int  # per client


CASES = (
    Case("sample of 32 px, r3gan", "r3gan", (32, 32, 1), 0, 40),
    Case("translation of 256 px, cyclegan", "cyclegan", (64, 64, 3), 256, 8),
)


def release(case: Case, folder: Path) -> Path:
    """Write the release of an untrained recipe; return its folder."""
    entry = recipes()[case.recipe]
    torch.manual_seed(0)
    pixels = np.random.default_rng(0).integers(0, 256, (4, *case.training), np.uint8)
    images = PreparedSet("noise", "unlabelled", pixels, pd.DataFrame({"domain": [], "path": []}), (), "0" * 64, (255, 255, 255))
    files, _ = release_files(build(entry["model"], "model").eval(), entry["model"], images)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def version(release_folder: Path, folder: Path) -> Path:
    """Save a release as an MLflow model; return its folder."""
    from mlflow import pyfunc

    serving = serving_of(facts_of({"release.json": (release_folder / "release.json").read_bytes()}))
    shipped = ship(serving.file, folder)._asdict()
    artefacts = {"release": str(release_folder)}
    pyfunc.save_model(folder / "model", **shipped, artifacts=artefacts, signature=signature(serving), pip_requirements=[])
    return folder / "model"


@contextlib.contextmanager
def served(model: Path) -> Iterator[tuple[int, int]]:
    """Serve a model as `mlflow models serve` does -> port and process id."""
    from mlflow.pyfunc import scoring_server

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, environment = scoring_server.get_cmd(str(model), port, "127.0.0.1", PATIENCE, 1)  # type: ignore[arg-type]
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    process = subprocess.Popen(shlex.split(command), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(ConnectionError):
                post(http.client.HTTPConnection("127.0.0.1", port), b"{}")
                break
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def post(connection: http.client.HTTPConnection, body: bytes) -> bytes:
    """Send a request and return the answer."""
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    return connection.getresponse().read()


def picture(height: int, width: int, noise: bool = False) -> bytes:
    """A PNG file of noise, which does not compress, or a JPEG file with the structure of a photo."""
    random, file = np.random.default_rng(0), io.BytesIO()
    if noise:
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(file, "PNG", compress_level=1)
    else:
        coarse = random.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
        Image.fromarray(coarse).resize((width, height)).save(file, "JPEG")
    return file.getvalue()


def asking(value: Any) -> bytes:
    """The body of a request with one row, a seed or the content of an image file."""
    return json_text({"inputs": [base64.b64encode(value).decode() if isinstance(value, bytes) else value]}).encode()


def latencies(port: int, body: bytes, clients: int, each: int) -> tuple[list[float], float]:
    """Seconds of each answer, of clients that ask one request after the other at the same time, and the answers per second."""
    found: list[float] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(each):
            begun = time.perf_counter()
            answer = post(connection, body)
            found.append(time.perf_counter() - begun)
            assert b'"predictions"' in answer, answer[:500]

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found, len(found) / (time.perf_counter() - begun)


def median_of(work: Callable[[], object], times: int) -> float:
    """Median of the seconds that a call takes, after one more call."""
    return statistics.median(timeit.repeat(work, number=1, repeat=times + 1)[1:])


def in_process(case: Case, folder: Path) -> tuple[float, float, Any]:
    """Median seconds of the bare network and of genlab.serving, without MLflow -> and the value of a request's row."""
    value: Any
    if case.side:
        translator, value = Translator(folder), picture(case.side, case.side)
        direction = translator.directions[0]
        image = np.zeros((1, case.training[2], case.side, case.side), np.float32)
        bare = median_of(lambda: translator.sessions[direction].run(None, {"image": image}), case.requests)
        return bare, median_of(lambda: translator.images([value], direction), case.requests), value
    sampler, value = Sampler(folder), 7
    latent = np.zeros((1, sampler.facts["latent_size"]), np.float32)
    bare = median_of(lambda: sampler.session.run(None, {"latent": latent}), case.requests)
    return bare, median_of(lambda: sampler.images([value]), case.requests), value


def speed(case: Case, folder: Path) -> list[dict[str, Any]]:
    """Measure the answers of a served model for each number of clients."""
    bare, direct, value = in_process(case, folder / "release")
    rows = []
    with served(version(folder / "release", folder)) as (port, _):
        latencies(port, asking(value), 1, 3)  # the first requests are slower
        for clients in CLIENTS:
            taken, rate = latencies(port, asking(value), clients, case.requests * (5 if clients == 1 else 1))
            p50, p99 = np.percentile(taken, [50, 99])
            overhead = 1000 * (p50 - bare) if clients == 1 else 1000 * (1 / rate - bare)
            row = {"case": case.name, "clients": clients, "bare_ms": 1000 * bare, "genlab_ms": 1000 * direct}
            rows.append(row | {"p50_ms": 1000 * p50, "p99_ms": 1000 * p99, "per_second": rate, "overhead_ms": overhead})
            print(rows[-1], flush=True)
    return rows


def memory(model: Path, pixels: int) -> list[dict[str, Any]]:
    """Measure the largest resident memory of a server that translates large pictures, and the seconds of the answer."""
    width = int((pixels * 4 / 3) ** 0.5) // 16 * 16
    largest = (pixels // width // 16 * 16, width)
    pictures = {
        "nothing": (0, 0),
        "photo of 12 megapixels, JPEG": (3000, 4000),
        "largest photo, JPEG": largest,
        "largest noise, PNG": largest,
    }
    rows = []
    for name, (height, width) in pictures.items():
        with served(model) as (port, process):
            begun = time.perf_counter()
            if height:
                body = asking(picture(height, width, noise="noise" in name))
                begun = time.perf_counter()
                answer = post(http.client.HTTPConnection("127.0.0.1", port), body)
                assert b'"predictions"' in answer, answer[:500]
            status = Path(f"/proc/{process}/status").read_text()
            (peak,) = (int(each.split()[1]) / 1000 for each in status.splitlines() if each.startswith("VmHWM"))
            rows.append({"picture": name, "height": height, "width": width, "megabytes": peak, "seconds": time.perf_counter() - begun})
            print(rows[-1], flush=True)
    return rows


def tables(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = [line(["", "clients", "bare network, ms", "genlab, ms", "p50, ms", "p99, ms", "overhead, ms", "answers/s"]), line(["---"] * 8)]
    for row in results["speed"]:
        cells = [f"{row[key]:.1f}" for key in ("bare_ms", "genlab_ms", "p50_ms", "p99_ms", "overhead_ms", "per_second")]
        lines.append(line([row["case"], str(row["clients"]), *cells]))
    lines += ["", line(["picture", "px", "memory of the server, MB", "answer, s"]), line(["---"] * 4)]
    for row in results["memory"]:
        lines.append(line([row["picture"], f"{row['width']:,} x {row['height']:,}", f"{row['megabytes']:,.0f}", f"{row['seconds']:.0f}"]))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure everything, print it and write it."""
    results: dict[str, Any] = {"cores": os.cpu_count(), "load_before": os.getloadavg()[0], "speed": [], "memory": []}
    with tempfile.TemporaryDirectory() as temporary:
        for number, case in enumerate(CASES):
            folder = Path(temporary) / str(number)
            release(case, folder / "release")
            results["speed"] += speed(case, folder)
        limits = json.loads((folder / "release/release.json").read_text())["limits"]
        results["memory"] = memory(folder / "model", limits["pixels"])
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json_text(results, indent=2) + "\n")
    OUT.with_suffix(".md").write_text(tables(results))
    print(tables(results))


if __name__ == "__main__":
    main()
