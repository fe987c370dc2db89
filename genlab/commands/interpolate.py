"""`genlab interpolate`: a video of a walk through the latents of seeds."""

import argparse
from collections.abc import Sequence

import numpy as np

from genlab.commands.models import open_model
from genlab.commands.outputs import check_new, check_suffix
from genlab.commands.parser import Parser, add_label, add_model, add_out, add_truncation, add_work, decimal, number
from genlab.commands.samplers import Choice, chosen
from genlab.commands.video import SUFFIXES, encoder, save_video
from genlab.commands.work import in_order
from genlab.errors import InputError
from genlab.serving.latents import Drawn, path

AT_ONCE = 8  # default batch size
MOST_FPS = 100  # a GIF has no shorter pause
EXAMPLE = "example: genlab interpolate stylegan2-fashion --seeds 3 7 12 --frames 60 --out walk.mp4"


def parser() -> Parser:
    """Parser of the command's arguments."""
    made = Parser("genlab interpolate", "Walk through the latents of seeds, on great circles from one to the next.", EXAMPLE)
    add_model(made)
    made.add_argument("--seeds", type=number("--seeds", 0), nargs="+", required=True, help="seeds to visit, two or more")
    made.add_argument("--frames", type=number("--frames", 2), default=60, help="frames of the whole walk (default: 60)")
    made.add_argument("--fps", type=decimal("--fps"), default=30.0, help="frames per second (default: 30)")
    made.add_argument("--loop", action="store_true", help="walk back to the first seed, so that the video can be repeated")
    add_truncation(made)
    add_label(made)
    add_out(made, f"file: {', '.join(SUFFIXES)}")
    add_work(made, AT_ONCE, "frames")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code."""
    check_suffix(arguments.out, SUFFIXES, folder=False)
    seeds, frames = arguments.seeds, arguments.frames
    if len(seeds) < 2:
        raise InputError(f"--seeds: got {seeds[0]}, expected two seeds or more. `genlab sample` makes one image.")
    if frames < len(seeds):
        raise InputError(f"--frames: got {frames} for {len(seeds)} seeds, expected at least one frame per seed.")
    if not 0 < arguments.fps <= MOST_FPS:
        raise InputError(f"--fps: got {arguments.fps:g}, expected a number above 0, at most {MOST_FPS}.")
    check_new([arguments.out], arguments.overwrite)
    module = encoder(arguments.out)
    model = open_model(arguments.model, arguments.device, arguments.recipe, "sampler")
    choice = chosen(model, arguments.truncation, arguments.label)
    inputs = walk(choice, seeds, frames, arguments.loop)
    images = (pixels for _, pixels in in_order(choice.image, inputs, arguments.batch_size, "interpolate"))
    save_video(arguments.out, images, arguments.fps, module)
    print(f"{frames} frames, {frames / arguments.fps:.3g} s: {arguments.out}")
    return 0


def walk(
    choice: Choice,
    seeds: Sequence[int],
    frames: int,
    loop: bool,  # whether the walk returns to the first seed; its last frame is then the one before
) -> list[Drawn]:
    """Random inputs of each frame. Only the latent changes: class and noise of all frames are those of the first seed."""
    drawn = [choice.drawn(seed) for seed in seeds]
    corners = np.stack([each.latent for each in (*drawn, *drawn[:1] * loop)])
    latents = path(corners, frames + loop)[:frames]
    return [drawn[0]._replace(latent=latent) for latent in latents]
