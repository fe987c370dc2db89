"""Still pictures and animations as WebP files, which browsers show without scripts."""

import io
from collections.abc import Sequence

from PIL import Image


def webp(frames: Sequence[Image.Image], milliseconds: int = 150) -> bytes:
    """Encode one frame as a still picture, lossless, and several as an endless animation. Equal frames give equal bytes."""
    content = io.BytesIO()
    if len(frames) == 1:
        frames[0].save(content, "WEBP", lossless=True, quality=100, method=6)
    else:
        frames[0].save(content, "WEBP", save_all=True, append_images=list(frames[1:]), duration=milliseconds, loop=0, quality=80, method=6)
    return content.getvalue()
