"""Released translating networks: image files -> PNG files of the same height and width."""

from collections.abc import Sequence
from numbers import Integral
from pathlib import Path

import numpy as np
from PIL import Image

from .depth import SIXTEEN
from .directions import direction_of
from .errors import DecodeError, RequestError
from .images import REQUEST_FORMATS, convert, png, to_bytes, to_unit, upright
from .padding import crop, pad
from .release import LAST_SEED, Network, Release, release_at
from .tiling import Place, coarser, windows


class Translator:
    """The translating networks in a release folder (release.json, and <direction>.onnx for each direction)."""

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        self.directions: list[str] = self.facts["directions"]
        self.takes_noise = bool(self.facts["noise"])
        self.sessions: dict[str, Network] = {name: opened.open(name) for name in self.directions}

    def images(
        self,
        contents: Sequence[bytes],  # of image files
        direction: str,  # one of self.directions, or its name, see genlab.serving.directions
        tile: int = 0,  # side of the tiles, px, which overlap by at least a quarter; 0: whole images
        seed: int = 0,  # of the noise, if the networks have a noise input; all images get the same noise
    ) -> list[bytes]:
        """Translate image files to PNG files.

        Raises:
            RequestError: an image cannot be read, or the direction, tile or seed is invalid.
        """
        direction = direction_of(direction, self.facts)
        self.check(tile, seed)
        return [self.translate(self.read(content, row), direction, tile, seed) for row, content in enumerate(contents)]

    def check(self, tile: int, seed: int) -> None:
        """Check the numbers of a request.

        Raises:
            RequestError: the tile or the seed is invalid.
        """
        stride, smallest = self.facts["stride"], self.facts["smallest_side"]
        if not isinstance(tile, Integral) or (tile and (tile < smallest or tile % stride)):
            raise RequestError(
                f"tile: got {tile}, expected a side in pixels, a multiple of {stride} from {smallest} on, or 0 for the whole image at once."
            )
        if not (isinstance(seed, Integral) and 0 <= seed <= LAST_SEED):
            raise RequestError(f"seed: got {seed}, expected a whole number, 0 to {LAST_SEED}.")

    def read(self, content: bytes, row: int) -> Image.Image:
        """Decode an image file to grey or RGB, as the networks require.

        Raises:
            RequestError: the image cannot be read.
        """
        try:
            if not isinstance(content, bytes):
                raise DecodeError(f"got {type(content).__name__}, expected bytes")
            image = upright(content, formats=REQUEST_FORMATS)
            return convert(image, self.facts["channels"], tuple(self.facts["background"]), self.facts.get("bits", SIXTEEN))
        except DecodeError as error:
            raise RequestError(
                f"row {row}: not an image that can be read: {str(error).removeprefix('not an image: ')}. "
                f"Expected the bytes of a {', '.join(REQUEST_FORMATS[:-1])} or {REQUEST_FORMATS[-1]} file; in JSON, as base64."
            ) from None

    def translate(self, image: Image.Image, direction: str, tile: int, seed: int) -> bytes:
        """Translate an image as returned by `read` to a PNG file."""
        padded = pad(to_unit(image), self.facts["stride"], self.facts["smallest_side"])
        translation = self.blend(padded, direction, tile, np.random.default_rng([seed]))
        return png(to_bytes(crop(translation[0], image.height, image.width)))

    def blend(self, pixels: np.ndarray, direction: str, tile: int, generator: np.random.Generator) -> np.ndarray:
        """Translate (1, C, H, W) with sides that are multiples of the stride, tile by tile; tile 0: as a whole."""
        height, width = pixels.shape[2:]
        noise = self.facts["noise"]
        cell = noise["stride"] if noise else 1
        rows, columns = (windows(side, tile or side, tile // 4, self.facts["stride"], cell) for side in (height, width))
        drawn = generator.random((1, noise["channels"], height // cell, width // cell), np.float32) if noise else None
        blended = np.zeros((1, self.facts["channels"], height, width), np.float32)
        for top, down in rows:
            for left, across in columns:
                place: Place = (..., slice(top, top + len(down)), slice(left, left + len(across)))
                inputs = {"image": pixels[place]}
                if drawn is not None:
                    inputs["noise"] = drawn[coarser(place, cell)]
                (translation,) = self.sessions[direction].run(None, inputs)
                blended[place] += translation * np.outer(down, across).astype(np.float32)
        return blended
