"""`genlab encode`: the latents of pictures."""

import argparse

import numpy as np

from genlab.commands.inferences import inferred, opened, parser_of, pictures_for
from genlab.commands.outputs import save_arrays
from genlab.commands.parser import Parser
from genlab.commands.work import counted, report
from genlab.errors import InputError

ARRAYS = ".npz"


def parser() -> Parser:
    """Parser of the command's arguments."""
    return parser_of(
        "encode",
        "Encode pictures as normal distributions over latents, with a variational autoencoder.",
        "file .npz with the arrays files, mean and log_variance",
        "genlab encode vae-fashion_28 photos/ --out latents.npz",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code, 1 if a picture could not be encoded."""
    pictures = pictures_for(arguments, ARRAYS)
    model, inference = opened(arguments)
    if not inference.encodes:
        raise InputError(f"{model.name} has no encoder: a mixture has components instead of latents. Use `genlab cluster`.")
    done = inferred(arguments, inference, pictures, lambda pixels, label: inference.encode(pixels, label, arguments.seed), "encode")
    if done.results:
        means, log_variances = (np.stack(each) for each in zip(*done.results, strict=True))
        files = np.array([str(picture.file) for picture in done.pictures])
        save_arrays(arguments.out, {"files": files, "mean": means, "log_variance": log_variances})
        print(f"{counted(len(means), 'picture')}, {means.shape[1]} latents each: {arguments.out}")
    return report(done.failures, len(pictures), "picture")
