"""`genlab reconstruct`: pictures as a model describes them."""

import argparse

import numpy as np

from genlab.commands.inferences import inferred, opened, parser_of, pixels_of, say_passed_over
from genlab.commands.outputs import check_new, check_suffix, save_picture
from genlab.commands.parser import Parser
from genlab.commands.pictures import listed, targets
from genlab.commands.sample import COLUMNS, SHEET
from genlab.commands.work import counted, report
from genlab.engine.files import write
from genlab.pictures.mosaic import mosaic, titled
from genlab.serving.images import png

SHOWN = COLUMNS  # pictures on the sheet


def parser() -> Parser:
    """Parser of the command's arguments."""
    return parser_of(
        "reconstruct",
        "Reconstruct pictures from their latents, or from the component of a mixture, at the model's size.",
        "folder of the results, which get the names of the pictures; with sheet.png, the first pictures above their reconstructions",
        "genlab reconstruct vae-fashion_28 photos/ --out done/",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code, 1 if a picture could not be reconstructed."""
    check_suffix(arguments.out, [])
    pictures, passed = listed(arguments.pictures, arguments.out)
    files = dict(zip(pictures, targets(pictures, arguments.out), strict=True))
    sheet = arguments.out / SHEET
    check_new([*files.values(), sheet], arguments.overwrite, [picture.file for picture in pictures])
    say_passed_over(passed)
    _, inference = opened(arguments)
    done = inferred(
        arguments, inference, pictures, lambda pixels, label: inference.reconstruct(pixels, label, arguments.seed), "reconstruct"
    )
    for picture, pixels in zip(done.pictures, done.results, strict=True):
        write(files[picture], png(pixels))
    if done.results:
        given = np.stack([pixels_of(picture, inference.facts) for picture in done.pictures[:SHOWN]])
        made = np.stack(done.results[:SHOWN])
        save_picture(sheet, titled({"given": mosaic(given, COLUMNS), "reconstructed": mosaic(made, COLUMNS)}))
        print(f"{counted(len(done.results), 'picture')} and {SHEET}: {arguments.out}")
    return report(done.failures, len(pictures), "picture")
