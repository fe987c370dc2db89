"""`genlab score`: how likely pictures are under a model."""

import argparse

from genlab.commands.inferences import inferred, opened, parser_of, pictures_for
from genlab.commands.parser import Parser, number
from genlab.commands.tables import TABLE, save_table
from genlab.commands.work import counted, report

SAMPLES = 100  # default number of importance samples
COLUMNS = ("file", "log_likelihood", "bits_per_dimension")


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = parser_of(
        "score",
        "Compute a lower bound of the log-likelihood of pictures, in nats. For a variational autoencoder it is the importance-weighted\n"
        "bound, for a mixture the mean over a few dequantisations.",
        "file .csv with the columns file, log_likelihood and bits_per_dimension",
        "genlab score vae-fashion_28 photos/ --out scores.csv",
    )
    text = f"samples of the importance-weighted bound; more give a tighter bound (default: {SAMPLES})"
    made.add_argument("--samples", type=number("--samples", 1), default=SAMPLES, metavar="K", help=text)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code, 1 if a picture could not be scored."""
    pictures = pictures_for(arguments, TABLE)
    _, inference = opened(arguments)
    done = inferred(
        arguments, inference, pictures, lambda pixels, label: inference.score(pixels, label, arguments.seed, arguments.samples), "score"
    )
    if done.results:
        save_table(
            arguments.out, COLUMNS, [(str(picture.file), *score) for picture, score in zip(done.pictures, done.results, strict=True)]
        )
        mean = sum(score.bits_per_dimension for score in done.results) / len(done.results)
        print(f"{counted(len(done.results), 'picture')}, {mean:.4g} bits per dimension on average: {arguments.out}")
    return report(done.failures, len(pictures), "picture")
