"""Released translating networks: image files -> PNG files of the same height and width."""

import math
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .deadline import Deadline
from .depth import SIXTEEN
from .directions import direction_of
from .errors import DecodeError, RequestError, TooLargeError
from .images import REQUEST_FORMATS, channels_first, convert, png, to_bytes, to_unit, upright
from .limits import Limits
from .padding import pad, padded_side
from .release import LAST_SEED, Network, Release, is_whole, release_at
from .tiling import Place, coarser, windows


class Translator:
    """The translating networks in a release folder (release.json, and <direction>.onnx for each direction).

    Pictures are translated one at a time, also if several threads call `images`, so that memory is needed for one of them only.
    """

    def __init__(self, release: str | Path | Release):
        opened = release_at(release)
        self.facts = opened.facts
        self.directions: list[str] = self.facts["directions"]
        self.takes_noise = bool(self.facts["noise"])
        self.limits = Limits.of(self.facts)
        self.turn = threading.Lock()  # held by the thread that translates a picture
        self.sessions: dict[str, Network] = {name: opened.open(name) for name in self.directions}

    def images(
        self,
        contents: Sequence[bytes],  # of image files
        direction: str,  # one of self.directions, or its name, see genlab.serving.directions
        tile: int = 0,  # side of the tiles, px, which overlap by at least a quarter; 0: chosen by memory, whole images if they fit
        seed: int = 0,  # of the noise, if the networks have a noise input; all images get the same noise
        seconds: float = math.inf,  # longest time for all images
    ) -> list[bytes]:
        """Translate image files to PNG files.

        Raises:
            RequestError: an image cannot be read, the direction, tile or seed is invalid, or the images exceed the release's limits.
            LateError: the time is over; a RequestError, too.
        """
        deadline = Deadline(seconds)
        direction = direction_of(direction, self.facts)
        self.check(tile, seed)
        if len(contents) > self.limits.images:
            raise RequestError(f"got {len(contents):,} rows, expected at most {self.limits.images:,}: send several requests.")
        translations, left = [], self.limits.pixels
        for row, content in enumerate(contents):
            with self.turn:
                deadline.check()
                image = self.read(content, row, left)
                height, width = self.padded(image)
                left -= height * width
                side = self.tile_of(tile, height, width)
                translations.append(self.translate(image, direction, side, seed, deadline))
        return translations

    def check(self, tile: int, seed: int) -> None:
        """Check the numbers of a request.

        Raises:
            RequestError: the tile or the seed is invalid.
        """
        stride, smallest = self.facts["stride"], self.facts["smallest_side"]
        if not is_whole(tile) or (tile and (tile < smallest or tile % stride)):
            raise RequestError(f"tile: got {tile}, expected a side in pixels, a multiple of {stride} from {smallest} on, or 0.")
        if not (is_whole(seed) and 0 <= seed <= LAST_SEED):
            raise RequestError(f"seed: got {seed}, expected a whole number, 0 to {LAST_SEED}.")

    def read(
        self,
        content: bytes,  # of an image file
        row: int,  # of the request, for messages
        left: int,  # pixels that the rows before leave of the limit
    ) -> Image.Image:
        """Decode an image file to grey or RGB, as the networks require.

        Raises:
            RequestError: the image cannot be read, or has too many pixels.
        """
        try:
            if not isinstance(content, bytes):
                raise DecodeError(f"got {type(content).__name__}, expected bytes")
            image = upright(content, left, REQUEST_FORMATS)
            height, width = self.padded(image)
            if height * width > left:
                raise TooLargeError(f"{image.width:,} x {image.height:,} pixels, padded to {width:,} x {height:,}, more than {left:,}")
            return convert(image, self.facts["channels"], tuple(self.facts["background"]), self.facts.get("bits", SIXTEEN))
        except TooLargeError as error:
            rest = f", which the rows before leave of {self.limits.pixels:,} per request: send fewer rows" if row else " per request"
            raise RequestError(f"row {row}: {error}{rest}. Downscale the picture, or send parts of it.") from None
        except DecodeError as error:
            raise RequestError(
                f"row {row}: not an image that can be read: {str(error).removeprefix('not an image: ')}. "
                f"Expected the bytes of a {', '.join(REQUEST_FORMATS[:-1])} or {REQUEST_FORMATS[-1]} file; in JSON, as base64."
            ) from None

    def padded(self, image: Image.Image) -> tuple[int, int]:
        """Height and width of an image after padding."""
        stride, smallest = self.facts["stride"], self.facts["smallest_side"]
        return padded_side(image.height, stride, smallest), padded_side(image.width, stride, smallest)

    def tile_of(self, tile: int, height: int, width: int) -> int:
        """Side of the tiles for a padded image, px: `tile`, or one that fits into memory if it is 0 -> 0 for the image as a whole.

        Raises:
            RequestError: the requested tile does not fit into memory.
        """
        largest = self.limits.largest_tile(self.facts["stride"], self.facts["smallest_side"])
        needed = self.limits.megabytes_of(min(tile or height, height), min(tile or width, width))
        if needed <= self.limits.megabytes:
            return tile
        if tile > largest:
            raise RequestError(
                f"tile: got {tile}, which needs about {needed:,} MB of memory, more than {self.limits.megabytes:,}: expected at most "
                f"{largest}, or 0 to choose it by memory."
            )
        return largest

    def translate(
        self,
        image: Image.Image,  # as returned by `read`
        direction: str,  # one of self.directions
        tile: int,  # side of the tiles, px; 0: the image as a whole
        seed: int,
        deadline: Deadline | None = None,  # None: no limit
    ) -> bytes:
        """Translate an image to a PNG file."""
        padded = pad(channels_first(image), self.facts["stride"], self.facts["smallest_side"])
        blended = self.blend(padded, direction, tile, np.random.default_rng([seed]), deadline or Deadline())
        return png(blended[: image.height, : image.width])

    def blend(self, pixels: np.ndarray, direction: str, tile: int, random: np.random.Generator, deadline: Deadline) -> np.ndarray:
        """Translate uint8 (1, C, H, W) with sides that are multiples of the stride, tile by tile -> uint8 (H, W, C'). tile 0: as a whole.

        Translations are blended in a band of the image that is as high as a tile; the rows above the next tile are final.
        """
        height, width = pixels.shape[2:]
        noise, channels = self.facts["noise"], self.facts["channels"]
        cell = noise["stride"] if noise else 1
        rows, columns = (windows(side, tile or side, tile // 4, self.facts["stride"], cell) for side in (height, width))
        drawn = random.random((1, noise["channels"], height // cell, width // cell), np.float32) if noise else None
        finished = np.empty((height, width, channels), np.uint8)
        band = np.zeros((1, channels, 0, width), np.float32)
        for (top, down), end in zip(rows, [*(start for start, _ in rows[1:]), height], strict=True):
            band = np.pad(band, [(0, 0), (0, 0), (0, len(down) - band.shape[2]), (0, 0)])
            for left, across in columns:
                deadline.check()
                place: Place = (..., slice(top, top + len(down)), slice(left, left + len(across)))
                inputs = {"image": to_unit(pixels[place])}
                if drawn is not None:
                    inputs["noise"] = drawn[coarser(place, cell)]
                (translation,) = self.sessions[direction].run(None, inputs)
                band[..., place[2]] += translation * np.outer(down, across).astype(np.float32)
            finished[top:end] = to_bytes(band[0, :, : end - top])
            band = band[:, :, end - top :]
        return finished
