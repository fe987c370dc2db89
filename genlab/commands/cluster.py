"""`genlab cluster`: the components of a mixture that pictures belong to."""

import argparse
from collections import Counter

from genlab.commands.inferences import inferred, opened, parser_of, pictures_for
from genlab.commands.parser import Parser
from genlab.commands.tables import TABLE, save_table
from genlab.commands.work import counted, report
from genlab.errors import InputError


def parser() -> Parser:
    """Parser of the command's arguments."""
    return parser_of(
        "cluster",
        "Assign pictures to the components of a mixture, or of a variational autoencoder whose prior is a mixture.",
        "file .csv with the columns file, component (the most likely one, from 0) and p_0, p_1, ... (probability of each)",
        "genlab cluster gmm-fashion_28 photos/ --out clusters.csv",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code, 1 if a picture could not be assigned."""
    pictures = pictures_for(arguments, TABLE)
    model, inference = opened(arguments)
    if not inference.has_components:
        raise InputError(f"{model.name} has no components: its prior is a single normal. Expected a mixture, e.g. gmm or vae_mixture.")
    done = inferred(
        arguments, inference, pictures, lambda pixels, label: inference.responsibilities(pixels, label, arguments.seed), "cluster"
    )
    if done.results:
        columns = ["file", "component", *(f"p_{number}" for number in range(len(done.results[0])))]
        chosen = [int(shares.argmax()) for shares in done.results]
        rows = zip(done.pictures, chosen, done.results, strict=True)
        save_table(arguments.out, columns, [(str(picture.file), best, *shares.tolist()) for picture, best, shares in rows])
        sizes = ", ".join(f"{component}: {count:,}" for component, count in Counter(chosen).most_common(10))
        print(f"{counted(len(chosen), 'picture')} in {counted(len(set(chosen)), 'component')} ({sizes}): {arguments.out}")
    return report(done.failures, len(pictures), "picture")
