"""`genlab sample`: images from seeds."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genlab.commands.models import open_model
from genlab.commands.outputs import check_new, check_suffix, save_arrays, save_picture
from genlab.commands.parser import Parser, add_label, add_mixing, add_model, add_out, add_truncation, add_work, number
from genlab.commands.samplers import Choice, chosen
from genlab.commands.work import counted, in_order
from genlab.engine.files import write
from genlab.errors import InputError
from genlab.pictures.mosaic import mosaic
from genlab.serving.images import png
from genlab.serving.release import LAST_SEED

SHEET = "sheet.png"
COLUMNS, SHOWN = 12, 144  # of the sheet: images on a line, and at most in all
AT_ONCE = 8  # default batch size
ARRAYS = ".npz"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab sample", "Generate images from seeds: a folder of PNG files with a sheet, or a .npz file.", EXAMPLE)
    add_model(made)
    made.add_argument("--count", type=number("--count", 1), default=1, help="number of images (default: 1)")
    made.add_argument("--seed", type=number("--seed", 0), default=0, help="seed of the first image; the others follow (default: 0)")
    add_truncation(made)
    add_label(made)
    add_mixing(made)
    add_out(made, "folder for <seed>.png and sheet.png; or a file .npz with the arrays images, seeds and labels")
    add_work(made, AT_ONCE, "images")
    return made


EXAMPLE = "example: genlab sample r3gan-fashion --count 64 --seed 0 --truncation 0.7 --out samples/"


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    check_suffix(arguments.out, [ARRAYS])
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    if seeds[-1] > LAST_SEED:
        raise InputError(f"--seed: got {seeds[0]} with a count of {len(seeds)}, expected at most {LAST_SEED - len(seeds) + 1}.")
    is_file = arguments.out.suffix.lower() == ARRAYS
    files = [arguments.out] if is_file else [*(file_of(arguments.out, seed) for seed in seeds), arguments.out / SHEET]
    check_new(files, arguments.overwrite)
    model = open_model(arguments.model, arguments.device, arguments.recipe, "sampler")
    choice = chosen(model, arguments.truncation, arguments.label, arguments.fine, arguments.crossover)
    images = in_order(choice.image_of, seeds, arguments.batch_size, "sample")
    if is_file:
        save_arrays(arguments.out, arrays(choice, list(images)))
        print(f"{counted(len(seeds), 'image')}: {arguments.out}")
    else:
        save_folder(arguments.out, images)
        print(f"{counted(len(seeds), 'image')} and {SHEET}: {arguments.out}")
    return 0


def file_of(folder: Path, seed: int) -> Path:
    """PNG file of a seed. The digits make the order of names that of small seeds."""
    return folder / f"{seed:06}.png"


def save_folder(folder: Path, images: Iterator[tuple[int, np.ndarray]]) -> None:
    """Write each image (seed, uint8 (H, W, C)) as soon as it is there, and a sheet of the first SHOWN ones."""
    shown: list[np.ndarray] = []
    for seed, pixels in images:
        write(file_of(folder, seed), png(pixels))
        shown += [pixels] if len(shown) < SHOWN else []
    save_picture(folder / SHEET, mosaic(np.stack(shown), COLUMNS))


def arrays(choice: Choice, images: list[tuple[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """Arrays of a .npz file: images uint8 (N, H, W, C), seeds (N,); for a conditional model also labels (N,) and the classes' names."""
    seeds, pixels = zip(*images, strict=True)
    found = {"images": np.stack(pixels), "seeds": np.array(seeds, np.int64)}
    if choice.sampler.classes:
        labels = [choice.label_of(seed) for seed in seeds]
        found |= {"labels": np.array(labels, np.int64), "classes": np.array(choice.sampler.classes)}
    return found
