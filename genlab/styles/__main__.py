"""Tools for a released StyleGAN or StyleGAN2: the folder data/06_models/<recipe>/release, or the artifacts of a model version.

    python -m genlab.styles <release> project me.png you.png     project images to styles: styles.safetensors, projection.png
    python -m genlab.styles <release> mix | noise | ways         style mixing, effects of noise, interpolation in Z and in W: <name>.png

`project` shows its progress and prints the error of each image. All files are written to --out.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from genlab.build import build
from genlab.engine.paths import expanded
from genlab.errors import InputError
from genlab.images.decode import decode, resize
from genlab.images.pixels import to_channels_first, to_unit
from genlab.networks.style import Generator
from genlab.pictures.draw import draw
from genlab.pictures.styles import LATENTS, mixing_matrix, noise_effect, ways
from genlab.pictures.views import Sheet
from genlab.serving.depth import SIXTEEN
from genlab.serving.errors import DecodeError
from genlab.serving.images import convert
from genlab.styles.projection import STEPS, project

SHEETS = {"mix": mixing_matrix, "noise": noise_effect, "ways": ways}


def main(given: list[str] | None = None) -> None:
    """Run the command line.

    Raises:
        InputError: the release, the label or an image is invalid.
    """
    parser = argparse.ArgumentParser("python -m genlab.styles", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=expanded, help="folder with release.json and generator.safetensors")
    parser.add_argument("tool", choices=("project", *SHEETS))
    parser.add_argument("images", type=expanded, nargs="*", help="images to project, of any size")
    parser.add_argument("--out", type=expanded, default=Path("data/07_model_output/styles"), help="folder; existing files are replaced")
    parser.add_argument("--label", type=int, default=0, help="class index, for a conditional generator")
    parser.add_argument("--steps", type=int, default=STEPS, help="optimisation steps of `project`")
    parser.add_argument("--per-layer", action="store_true", help="project to one style per layer: closer to the image, but less meaningful")
    parser.add_argument("--noise", action="store_true", help="optimise the noise as well, as in the paper")
    arguments = parser.parse_args(given)
    if arguments.tool == "project" and not arguments.images:
        parser.error("project: got no image, expected files, e.g. project me.png")
    generator, channels, bits = released(arguments.release)
    if generator.classes and not 0 <= arguments.label < generator.classes:
        raise InputError(f"--label: got {arguments.label}, expected 0 to {generator.classes - 1}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.tool in SHEETS:
        labels = torch.full((LATENTS,), arguments.label) if generator.classes else None
        file = arguments.out / f"{arguments.tool}.png"
        draw(SHEETS[arguments.tool](generator, labels)).save(file)
        print(file)
        return
    images = torch.cat([prepared(file, generator.size, channels, bits) for file in arguments.images])
    labels = torch.full((len(images),), arguments.label) if generator.classes else None
    found = project(generator, images, arguments.steps, arguments.per_layer, labels, arguments.noise, progress="projection")
    save_file({"styles": found.styles, "noise": found.noise}, arguments.out / "styles.safetensors")
    draw(Sheet({"given": images, "projected": found.images}, len(images))).save(arguments.out / "projection.png")
    for file, start, end in zip(arguments.images, found.losses[0], found.losses[-1], strict=True):
        print(f"{file}: mean squared error {start:.3g} at the mean style, {end:.3g} after projection")
    print(arguments.out / "projection.png", arguments.out / "styles.safetensors", sep="\n")


def released(folder: Path) -> tuple[Generator, int, int]:
    """Load the generator of a release, in evaluation mode, the number of channels of its images, and the depth of their files.

    Raises:
        InputError: the folder is not a release, or the model is not a StyleGAN or StyleGAN2.
    """
    if not (folder / "release.json").exists():
        raise InputError(f"{folder}: no release.json there, expected a release, such as data/06_models/stylegan2/release.")
    facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    if facts.get("truncates") != "styles":
        name = facts["model"]["class"].rpartition(".")[2]
        raise InputError(f"{folder}: a {name}, expected a StyleGAN or StyleGAN2: no other model samples by styles.")
    generator = build(facts["model"]["generator"], "generator")
    generator.load_state_dict(load_file(folder / "generator.safetensors"))
    return generator.eval(), facts["channels"], facts.get("bits", SIXTEEN)


def prepared(file: Path, size: int, channels: int, bits: int = SIXTEEN) -> Tensor:
    """Read an image file -> (1, channels, size, size) in [-1, 1], cropped to a square at its centre.

    Raises:
        InputError: the file is missing or not an image.
    """
    try:
        image = resize(convert(decode(file.read_bytes()), channels, bits=bits), size, size, "crop")
    except (OSError, DecodeError) as error:
        raise InputError(f"{file}: {error}. Expected an image file.") from error
    return to_unit(to_channels_first(np.array(image).reshape(1, size, size, channels)))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
