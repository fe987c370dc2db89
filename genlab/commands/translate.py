"""`genlab translate`: pictures of any size from one domain to another."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from genlab.commands.models import Model, open_model
from genlab.commands.outputs import check_new, check_suffix
from genlab.commands.parser import Parser, add_model, add_out, add_work, number
from genlab.commands.pictures import Picture, listed, read, targets
from genlab.commands.work import Failure, attempted, counted, in_order, report
from genlab.engine.files import write
from genlab.errors import InputError
from genlab.serving.deadline import Deadline
from genlab.serving.directions import direction_of, named_directions
from genlab.serving.translator import Translator

AUTO = "auto"
EXAMPLE = "example: genlab translate cyclegan-emoji photos/ --direction b_to_a --tile auto --out done/"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab translate", "Translate pictures of any size. Results are PNG files of the same size and name.", EXAMPLE)
    add_model(made)
    made.add_argument("pictures", type=Path, nargs="+", help="files, and folders, which are searched at any depth")
    made.add_argument("--direction", help="a_to_b or b_to_a, or with the names of the domains, as `genlab info` shows (default: the first)")
    made.add_argument(
        "--tile",
        default=AUTO,
        type=tile_of,
        help="side of the tiles that large pictures are cut into, in pixels; auto, the default: chosen by memory",
    )
    made.add_argument("--seed", type=number("--seed", 0), help="seed of the noise, for models whose dropout stays on (default: 0)")
    add_out(made, "folder of the results")
    add_work(made, 1, "pictures")
    return made


def tile_of(text: str) -> int:
    """Read `--tile`; 0 for auto."""
    return 0 if text == AUTO else number("--tile", 0)(text)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code, 1 if a picture could not be translated."""
    check_suffix(arguments.out, [])
    pictures, passed = listed(arguments.pictures, arguments.out)
    files = dict(zip(pictures, targets(pictures, arguments.out), strict=True))
    check_new(files.values(), arguments.overwrite, [picture.file for picture in pictures])
    model = open_model(arguments.model, arguments.device, arguments.recipe, "translator")
    direction = direction_of(arguments.direction or model.release.facts["directions"][0], model.release.facts)
    translate = translation(model, direction, arguments.tile, arguments.seed)
    failures = []
    work = attempted(translate, lambda picture: str(picture.file))
    for picture, result in in_order(work, pictures, arguments.batch_size, "translate"):
        if isinstance(result, Failure):
            failures.append(result)
        else:
            write(files[picture], result)
    name = named_directions(model.release.facts)[direction]
    known_as = "" if name == direction else f" ({name})"
    print(f"{len(pictures) - len(failures):,} of {counted(len(pictures), 'picture')}, {direction}{known_as}: {arguments.out}")
    if passed:
        print(f"passed over: {passed}")
    return report(failures, len(pictures), "picture")


def translation(
    model: Model,
    direction: str,
    tile: int,  # pixels; 0: chosen by memory, whole pictures if they fit
    seed: int | None,  # of the noise; None: 0
) -> Callable[[Picture], bytes]:
    """Make the function that translates a picture to a PNG file.

    Raises:
        InputError, RequestError: tile or seed is invalid for the model.
    """
    translator = Translator(model.release)
    if seed is not None and not translator.takes_noise:
        raise InputError(f"--seed: got {seed}, but {model.name} takes no noise: a picture has one translation. Leave it out.")
    translator.check(tile, seed or 0)

    def translate(picture: Picture) -> bytes:
        image = read(picture.file, translator.facts)
        return translator.translate(image, direction, tile, seed or 0, Deadline(math.inf))

    return translate
