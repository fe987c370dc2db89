"""Videos of frames: .gif and .webp by Pillow, .mp4 by imageio and its ffmpeg."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from genlab.engine.files import whole
from genlab.errors import InputError
from genlab.pictures.mosaic import enlarged

SUFFIXES = (".mp4", ".gif", ".webp")
LEAST_SIDE = 256  # smaller frames are enlarged by an integer factor
# One thread and no date or version: equal frames give equal files.
SAME_BYTES = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]


def encoder(file: Path) -> ModuleType | None:
    """The module that writes a video; None for Pillow. Called before any work is done.

    Raises:
        InputError: imageio or its ffmpeg is not installed.
    """
    if file.suffix.lower() != ".mp4":
        return None
    try:
        import imageio.v2
        import imageio_ffmpeg  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"--out: {file.name} needs the package {error.name}. Install it with pip install 'genlab[video]', or name a .gif or .webp file."
        ) from None
    module: ModuleType = imageio.v2
    return module


def save_video(
    file: Path,  # .mp4, .gif or .webp
    frames: Iterable[np.ndarray],  # uint8 (H, W, C) of one size, C 1 or 3
    fps: float,  # frames per second
    module: ModuleType | None,  # as returned by `encoder`
) -> None:
    """Write a video. Grey frames become RGB, and small ones are enlarged."""
    shown = (large(frame) for frame in frames)
    with whole(file) as partial:
        if module is not None:
            save_mp4(module, partial, shown, fps)
        else:
            first, *others = [Image.fromarray(frame) for frame in shown]
            # `lossless` is an option of WebP; Pillow ignores it for GIF.
            first.save(partial, save_all=True, append_images=others, duration=round(1000 / fps), loop=0, lossless=True)


def save_mp4(imageio: ModuleType, file: Path, frames: Iterator[np.ndarray], fps: float) -> None:
    """Write frames with even sides as H.264."""
    options = {"codec": "libx264", "quality": 8, "macro_block_size": 1, "pixelformat": "yuv420p", "ffmpeg_log_level": "error"}
    with imageio.get_writer(file, format="FFMPEG", mode="I", fps=fps, output_params=SAME_BYTES, **options) as writer:
        for frame in frames:
            writer.append_data(even(frame))


def large(frame: np.ndarray) -> np.ndarray:
    """Frame uint8 (H, W, C) -> (H', W', 3) with a longer side of at least LEAST_SIDE."""
    enlarged_frame: np.ndarray = enlarged(np.broadcast_to(frame, (*frame.shape[:2], 3))[None], LEAST_SIDE)[0]
    return enlarged_frame


def even(frame: np.ndarray) -> np.ndarray:
    """Repeat the last row and column of a frame (H, W, 3) with odd sides, which H.264 does not take."""
    return np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
