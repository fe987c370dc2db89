"""What the commands that infer from pictures share: their arguments, and reading pictures as a model takes them."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from PIL import Image, ImageOps

from genlab.commands.models import Model, open_model
from genlab.commands.outputs import check_new, check_suffix
from genlab.commands.parser import Parser, add_model, add_out, add_work, number
from genlab.commands.pictures import Picture, listed, read
from genlab.commands.work import Failure, attempted, in_order
from genlab.errors import InputError
from genlab.serving.errors import RequestError
from genlab.serving.inference import Inference
from genlab.serving.sampler import class_number

AT_ONCE = 8  # default batch size
Found = TypeVar("Found")


class Done(NamedTuple):
    """Results of pictures, in their order."""

    pictures: list[Picture]
    results: list[Any]
    failures: list[Failure]


def pictures_for(arguments: argparse.Namespace, suffix: str) -> list[Picture]:
    """The pictures of a command line that writes one file with this suffix; says what was passed over in their folders.

    Raises:
        InputError: a place does not exist, there is no picture, or the file has another suffix or exists.
    """
    check_suffix(arguments.out, [suffix], folder=False)
    pictures, passed = listed(arguments.pictures, arguments.out)
    check_new([arguments.out], arguments.overwrite)
    say_passed_over(passed)
    return pictures


def say_passed_over(passed: str) -> None:  # in words; "" for nothing
    """Print which files in the folders of a command line are no pictures."""
    if passed:
        print(f"passed over: {passed}")


def parser_of(command: str, what: str, out: str, example: str) -> Parser:
    """Parser of a command that infers from pictures."""
    made = Parser(f"genlab {command}", what, f"example: {example}")
    add_model(made)
    made.add_argument("pictures", type=Path, nargs="+", help="files, and folders, which are searched at any depth")
    label = "class of all pictures, by name or number, for a conditional model; left out: the name of the folder that a picture is in"
    made.add_argument("--label", default="", help=label)
    made.add_argument("--seed", type=number("--seed", 0), default=0, help="seed of random numbers, of which each picture gets the same")
    add_out(made, out)
    add_work(made, AT_ONCE, "pictures")
    return made


def opened(arguments: argparse.Namespace) -> tuple[Model, Inference]:
    """Open the model of a command line.

    Raises:
        InputError, RequestError: there is no such model, or it cannot infer from images.
    """
    model = open_model(arguments.model, arguments.device, arguments.recipe)
    if "inference" not in model.release.facts:
        raise InputError(
            f"{model.name} can't infer from pictures: its release has no encoder. Expected a variational autoencoder or a mixture, "
            "released by this version of genlab or a later one."
        )
    inference = Inference(model.release)
    if arguments.label and not inference.classes:
        raise InputError(f"--label: got '{arguments.label}', but {model.name} has no classes. Leave it out.")
    if arguments.label:
        class_number(arguments.label, inference.classes)
    return model, inference


def inferred(
    arguments: argparse.Namespace,
    inference: Inference,
    pictures: Sequence[Picture],
    function: Callable[[np.ndarray, int], Found],  # pixels uint8 (H, W, C), label -> result
    what: str,  # title of the progress bar
) -> Done:
    """Compute the results of all pictures that can be read."""

    def call(picture: Picture) -> Found:
        return function(pixels_of(picture, inference.facts), label_of(picture, arguments.label, inference.classes))

    done = Done([], [], [])
    for picture, result in in_order(attempted(call, lambda each: str(each.file)), pictures, arguments.batch_size, what):
        if isinstance(result, Failure):
            done.failures.append(result)
        else:
            done.pictures.append(picture)
            done.results.append(result)
    return done


def pixels_of(picture: Picture, facts: dict[str, Any]) -> np.ndarray:
    """Read a picture as uint8 (H, W, C) of the training size. One of another size is cropped at its centre and resized."""
    height, width = facts["training_size"]
    image = read(picture.file, facts)
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(height, width, facts["channels"])


def label_of(picture: Picture, label: str, classes: Sequence[str]) -> int:
    """Number of a picture's class; 0 for an unconditional model.

    Raises:
        RequestError: no label was given, and the picture's folder is not called like a class.
    """
    if not classes:
        return 0
    folder = picture.file.absolute().parent.name
    if not label and folder not in classes:
        raise RequestError(f"its folder '{folder}' is no class of the model ({', '.join(classes[:10])}). Use --label.")
    return class_number(label or folder, classes)
