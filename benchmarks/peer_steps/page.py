"""The page about the peers."""

import statistics
from collections.abc import Mapping
from typing import Any

HEADER = (
    "model",
    "structure of",
    "genlab, images/s",
    "peer, images/s",
    "ratio",
    "GFLOP per image",
    "peer's GFLOP per image",
    "share of the convolution peak",
    "share of the matrix peak",
)


def page(
    results: Mapping[str, Any],  # by peer, as benchmarks/peers.py writes them
    cores: int,
) -> str:
    """The results as a Markdown table, with how they were measured."""
    threads = sorted({result["threads"] for result in results.values()})
    peaks = [max(result[f"{of}_peak"] for result in results.values()) / 1e9 for of in ("convolution", "product")]
    rows = [HEADER, ("---", "---", *["---:"] * (len(HEADER) - 2))]
    for name, result in results.items():
        speeds = f"{result['images_per_second']:,.0f}", f"{result['peer']:,.0f}", f"{result['ratio']:.2f}"
        work = f"{result['flops_per_image'] / 1e9:.3f}", f"{result['peer_flops_per_image'] / 1e9:.3f}"
        rows.append((name, result["source"], *speeds, *work, *(f"{result[f'{of}_peak_share']:.0%}" for of in ("convolution", "product"))))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    middle = statistics.median(result["ratio"] for result in results.values())
    return (
        "<!-- Written by benchmarks/peers.py. -->\n\n"
        "# Training next to public code\n\n"
        f"{table}\n\n"
        f"Images per second in training, {cores} cores, no GPU, threads: {', '.join(map(str, threads))}; median ratio: {middle:.2f}. "
        "The peers are plain PyTorch steps with the structure of the named code, the same sizes and a similar number of parameters. They "
        "were written for this comparison (`benchmarks/peer_steps`). Both sides alternate in one process. Operations are those of "
        "convolutions and matrix products, a multiplication and an addition counted as two. The last two columns compare genlab's with the "
        f"fastest convolution ({peaks[0]:,.0f} GFLOP/s) and the fastest matrix product ({peaks[1]:,.0f} GFLOP/s) of torch in fp32.\n"
    )
