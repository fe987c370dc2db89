"""Compare the speed of genlab's engine with plain PyTorch training steps that have the structure of the best-known public code.

    python benchmarks/peers.py [--layout contiguous|channels_last|configured] [--threads N] [--rounds N] [--page] [peer ...]

The peers are in benchmarks/peer_steps. Both train the same architecture at the sizes of conf/base on images of random values; additions of
a recipe that the public implementation lacks are off (`settings` of a peer). genlab uses its own optimizers and memory format and reuses
memory, as in genlab.fit; the peer uses plain optimizers and the contiguous format. A round times some turns of one and then of the other,
the order alternates, and the ratio is the median over rounds. The numbers are printed and written to
data/08_reporting/benchmarks/peers.json; those of peers that are not named are kept. `--page` writes docs/performance/peers.md from them. It
takes about five minutes on two cores.
"""

import argparse
import copy
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from functools import reduce
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import adversarial
from benchmarks.peak import convolution_peak, product_peak
from benchmarks.peer_steps.biggan import BigGAN
from benchmarks.peer_steps.cyclegan import CycleGAN
from benchmarks.peer_steps.dcgan import DCGAN
from benchmarks.peer_steps.page import page
from benchmarks.peer_steps.peer import Batches, Peer
from benchmarks.peer_steps.pix2pix import Pix2Pix
from benchmarks.peer_steps.stylegan2 import StyleGAN2
from benchmarks.peer_steps.vae import LinearVAE, ResidualVAE
from benchmarks.peer_steps.wgan_gp import WGANGP
from genlab.build import build
from genlab.engine.compute import Compute
from genlab.engine.json_text import json_text
from genlab.engine.memory import reused
from genlab.engine.recipe import Recipe
from genlab.engine.seeding import seed_everything
from genlab.images.feeding.source import labels, roles
from genlab.images.pixels import to_channels_first, to_unit
from genlab.images.prepared_set import PreparedSet
from genlab.training.layout import faster
from genlab.training.settings import Budget
from genlab.training.trial import Trial

PEERS: Mapping[str, type[Peer]] = {
    "cyclegan": CycleGAN,
    "pix2pix": Pix2Pix,
    "dcgan": DCGAN,
    "wgan_gp": WGANGP,
    "biggan": BigGAN,
    "stylegan2": StyleGAN2,
    "vae": ResidualVAE,
    "vae_linear_layers": LinearVAE,
}
Layout = Literal["contiguous", "channels_last", "configured"]
ROUNDS, SECONDS = 9, 1.3  # SECONDS: of each side in a round; at least one cycle of turns
LIMIT = 35  # seconds per peer after which no further round begins, e.g. on a busy machine
IMAGES, CLASSES = 512, 10
OUT = adversarial.OUT.with_name("peers.json")
PAGE = adversarial.ROOT / "docs/performance/peers.md"


def entry_of(peer: type[Peer]) -> dict[str, Any]:
    """Read the recipe of a peer from conf/base, with the settings with which it computes what the peer computes."""
    entry = copy.deepcopy(adversarial.entry_of(peer.recipe))
    for key, value in peer.settings.items():
        *path, last = key.split(".")
        reduce(lambda node, name: node[name], path, entry)[last] = value
    return entry


def random_images(kind: str, side: int, channels: int, count: int = IMAGES) -> PreparedSet:
    """Make an image set of random values, whose kind is unpaired, paired or labelled."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (count, side, side, channels), dtype=np.uint8)
    classes = tuple(str(number) for number in range(CLASSES))
    rows = pd.DataFrame({"split": ["train"] * count, "path": [f"{number:04}" for number in range(count)]})
    rows["stem"] = rows["path"]
    rows["label"] = [classes[number % CLASSES] for number in range(count)] if kind == "labelled" else ""
    rows["domain"] = "" if kind == "labelled" else ["ab"[number % 2] for number in range(count)]
    rows["pair"] = [str(number // 2) for number in range(count)] if kind == "paired" else ""
    about = cast(Any, (kind, pixels, rows, classes if kind == "labelled" else (), "0" * 64, (0, 0, 0)))
    return PreparedSet("random", *about)


def batches_of(images: PreparedSet, batch_size: int) -> Batches:
    """Batches from a DataLoader of tensors, again and again: images and labels, or images of both domains."""
    tensors = [to_unit(to_channels_first(np.asarray(images.images[indices]))) for indices in roles(images).values()]
    if (numbers := labels(images)) is not None:
        tensors.append(torch.tensor(numbers))
    loader: Iterable[list[Tensor]] = DataLoader(TensorDataset(*tensors), batch_size, shuffle=True, drop_last=True)
    for _ in iter(int, 1):
        yield from (tuple(batch) for batch in loader)


def by_peer(peer: Peer, batches: Batches) -> Iterator[None]:
    """Train a peer, yielding after every turn."""
    while True:
        peer.step(batches)
        yield


def is_channels_last(entry: dict[str, Any], images: PreparedSet, layout: Layout) -> bool:
    """Whether genlab trains in the memory format channels_last; the recipe's `auto` is decided as in training."""
    compute: Compute = build(entry["compute"])
    if layout == "configured" and compute.format_is_open:
        return faster(Trial(build(entry["model"]), entry["model"], images, Budget(**entry["budget"]), 0, None), compute)
    return compute.channels_last if layout == "configured" else layout == "channels_last"


class WholeProgram(nullcontext[None]):
    """A tracker without modules for FlopCounterMode. The hooks of its own tracker forbid `autograd.grad`."""

    parents = frozenset({"Global"})


def operations(turns: Iterator[None], count: int) -> int:
    """Count the floating-point operations of convolutions and matrix products in this many turns."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = cast(Any, WholeProgram())
    with counter:
        for _ in range(count):
            next(turns)
    return counter.get_total_flops()


def parameters_of(recipe: Recipe) -> int:
    """Count the parameters that a recipe trains."""
    return sum({id(each): each.numel() for update in recipe.gradient_updates().values() for each in update.parameters}.values())


def compare(
    name: str, rounds: int = ROUNDS, seconds: float = SECONDS, layout: Layout = "configured", entry: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Measure one peer and genlab's recipe in the same process. `entry`: the recipe; None: that of conf/base with the peer's settings."""
    kind = PEERS[name]
    entry = entry_of(kind) if entry is None else entry
    images, batch_size = random_images(kind.kind, *kind.shape), entry["budget"]["batch_size"]
    channels_last = is_channels_last(entry, images, layout)
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    seed_everything(0)
    recipe, peer = build(entry["model"]).to(memory_format=memory_format), kind(entry["model"])
    engine = adversarial.by_engine(recipe, images, batch_size, memory_format)
    hand = by_peer(peer, batches_of(images, batch_size))
    counts = [operations(turns, kind.cycle) / kind.cycle / batch_size for turns in (engine, hand)]  # also warms up
    cycle_seconds = statistics.mean(adversarial.seconds(turns, kind.cycle) for turns in (engine, hand))
    turns = kind.cycle * max(1, round(seconds / cycle_seconds))
    measured, begun = list[list[float]](), time.perf_counter()
    for number in range(rounds):
        if number and time.perf_counter() - begun > LIMIT:
            break
        times: dict[bool, float] = {}
        for is_engine in (number % 2 == 0, number % 2 == 1):
            with reused() if is_engine else nullcontext():  # as in genlab.fit
                times[is_engine] = adversarial.seconds(engine if is_engine else hand, turns)
        measured.append([times[True], times[False]])
    speeds = [batch_size * turns / statistics.median(each) for each in zip(*measured, strict=True)]
    return {
        "images_per_second": speeds[0],
        "peer": speeds[1],
        "ratio": statistics.median(other / mine for mine, other in measured),
        "flops_per_image": counts[0],
        "peer_flops_per_image": counts[1],
        "parameters": parameters_of(recipe),
        "peer_parameters": sum(each.numel() for network in peer.trained() for each in network.parameters()),
        "batch_size": batch_size,
        "channels_last": channels_last,
        "threads": torch.get_num_threads(),
        "rounds": len(measured),
        "source": kind.source,
    }


def run(names: Iterable[str], out: Path, measure: Callable[[str], dict[str, Any]], peaks: Mapping[str, float]) -> dict[str, Any]:
    """Measure peers; print the results and add them to the file after each, so that none are lost if a later one fails."""
    results: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
    print(f"{'':>18} {'genlab':>9} {'peer':>9} {'ratio':>6} {'of peak':>8}   (images per second, {torch.get_num_threads()} threads)")
    for name in names:
        result = results[name] = measure(name)
        reached = result["images_per_second"] * result["flops_per_image"]
        result |= {f"{of}_share": reached / peak for of, peak in peaks.items()} | dict(peaks)
        text = "{:>18} {images_per_second:>9.1f} {peer:>9.1f} {ratio:>6.2f} {convolution_peak_share:>8.0%}"
        print(text.format(name, **result), flush=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json_text(results, indent=2) + "\n")
    return results


def main(arguments: list[str]) -> None:
    """Measure the named peers, or all of them."""
    parser = argparse.ArgumentParser(prog="peers.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="peer", help=f"one of {', '.join(PEERS)}; default: all")
    parser.add_argument("--layout", choices=get_args(Layout), default="configured", help="memory format of genlab's side")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--page", action="store_true", help=f"write {PAGE.relative_to(adversarial.ROOT)}")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in PEERS]:
        parser.error(f"no peer {', '.join(unknown)}: expected one of {', '.join(PEERS)}.")
    if options.rounds < 1 or options.threads < 1:
        parser.error(f"got {options.rounds} rounds and {options.threads} threads, expected at least 1 of each.")
    torch.set_num_threads(options.threads)
    peaks = {"convolution_peak": convolution_peak(), "product_peak": product_peak()}
    print(f"peak: convolutions {peaks['convolution_peak'] / 1e9:.0f} GFLOP/s, matrix products {peaks['product_peak'] / 1e9:.0f} GFLOP/s")
    results = run(options.names or PEERS, OUT, lambda name: compare(name, options.rounds, layout=options.layout), peaks)
    if options.page:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page({name: results[name] for name in PEERS if name in results}, os.cpu_count() or 1))


if __name__ == "__main__":
    main(sys.argv[1:])
