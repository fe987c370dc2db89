"""Sliced Wasserstein distance of image patches at several scales. Karras et al. 2017 (arXiv:1710.10196), section 5."""

import zlib
from collections.abc import Iterator

import numpy as np

from genlab.errors import InputError
from genlab.metrics.counts import require_images
from genlab.metrics.sliced import GROUP, projected, transport_costs, unit_directions

SMALLEST = 16  # pixels of the coarsest level
PATCH = 7  # pixels per side of a neighbourhood
PATCHES = 128  # neighbourhoods per image and level
DIRECTIONS = 512
SCALE = 1000.0
BATCH = 64  # images whose pyramids are in memory together
FILTER = np.array([1, 4, 6, 4, 1], np.float32) / 16  # of Burt and Adelson 1983


def pyramid_wasserstein(
    real: np.ndarray,  # uint8 (N, H, W, C)
    fake: np.ndarray,  # uint8 (M, H, W, C)
    seed: int = 0,  # of neighbourhoods and directions
    patches: int = PATCHES,
) -> dict[int, float]:
    """Side of a level in pixels -> 1000 times the sliced Wasserstein distance (p = 1) of its neighbourhoods, from H down to 16 px.

    Levels are those of a Laplacian pyramid: a fine level has the details that the next one lacks. Each has 128 neighbourhoods of 7 x 7 px
    per image, normalised by mean and standard deviation of each channel over the set: a shift of colour or contrast of the whole set
    is not seen. Places follow from the image's own bytes, so that order and batches do not matter.

    Images are read in batches. Neighbourhoods of one level are in memory, 25 kB per image and channel, as sorting needs all of them.
    The paper uses 16,384 images; positive for two finite sets of one distribution.

    Raises:
        InputError: a set has no images, sizes differ, or images are smaller than 16 px.
    """
    require_images("sliced Wasserstein distance of patches", {"real": len(real), "generated": len(fake)}, 1)
    if real.shape[1:] != fake.shape[1:] or min(real.shape[1:3]) < SMALLEST:
        raise InputError(
            f"sliced Wasserstein distance of patches: got images {real.shape[1:]} and {fake.shape[1:]} (height, width, channels), "
            f"expected equal shapes of at least {SMALLEST} px."
        )
    along = unit_directions(PATCH**2 * real.shape[3], DIRECTIONS, seed).astype(np.float32)
    scores = {}
    for level, side in enumerate(sides(min(real.shape[1:3]))):
        real_patches, fake_patches = (descriptors(images, level, patches, seed) for images in (real, fake))
        costs = [
            transport_costs(projected(real_patches, some), projected(fake_patches, some), 1)
            for some in np.split(along, range(GROUP, DIRECTIONS, GROUP), axis=1)
        ]
        scores[side] = SCALE * float(np.concatenate(costs).mean(dtype=np.float64))
    return scores


def sides(size: int) -> list[int]:
    """Side of an image in pixels -> sides of the levels, each half of the one before, rounded up, down to SMALLEST."""
    return [size, *sides(-(-size // 2))] if size >= SMALLEST else []


def descriptors(images: np.ndarray, level: int, patches: int, seed: int) -> np.ndarray:
    """uint8 (N, H, W, C) -> normalised neighbourhoods of a level, float32 (N x patches, C x 49)."""
    channels = images.shape[3]
    found = np.empty((len(images), patches, channels, PATCH, PATCH), np.float32)
    for start, batch in batches(images):
        maps = laplacian(batch, level)
        windows = np.lib.stride_tricks.sliding_window_view(maps, (PATCH, PATCH), axis=(1, 2))  # (B, H - 6, W - 6, C, 7, 7)
        for number, image in enumerate(batch):
            places = np.random.default_rng([seed, level, zlib.crc32(np.ascontiguousarray(image).tobytes())])
            rows, columns = (places.integers(0, windows.shape[axis], patches) for axis in (1, 2))
            found[start + number] = windows[number, rows, columns]
    for channel in range(channels):  # one channel at a time, to save memory
        values = found[:, :, channel]
        values -= values.mean(dtype=np.float64).astype(np.float32)
        deviation = np.sqrt(np.square(values).mean(dtype=np.float64))
        values /= np.float32(deviation if deviation > 0 else 1)
    return found.reshape(len(images) * patches, -1)


def batches(images: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index of the first image, batch of images) for consecutive batches."""
    for start in range(0, len(images), BATCH):
        yield start, images[start : start + BATCH]


def laplacian(images: np.ndarray, level: int) -> np.ndarray:
    """Images (N, H, W, C) -> level of their Laplacian pyramid, float32; the coarsest level, of at most 30 px, is a small image."""
    maps = images.astype(np.float32)
    for _ in range(level):
        maps = halved(maps)
    return maps - doubled(halved(maps), maps.shape) if len(sides(min(maps.shape[1:3]))) > 1 else maps


def halved(maps: np.ndarray) -> np.ndarray:
    """Maps (N, H, W, C) -> low-pass filtered and subsampled, (N, ceil(H / 2), ceil(W / 2), C)."""
    return smooth(maps, 1.0)[:, ::2, ::2]


def doubled(maps: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Maps (N, ceil(H / 2), ceil(W / 2), C) -> interpolated maps of the shape (N, H, W, C)."""
    wide = np.zeros(shape, np.float32)
    wide[:, ::2, ::2] = maps
    return smooth(wide, 2.0)


def smooth(maps: np.ndarray, gain: float) -> np.ndarray:
    """Maps (N, H, W, C) filtered along height and width, each with this gain; edges are mirrored."""
    from scipy.ndimage import convolve1d

    for axis in (1, 2):
        maps = convolve1d(maps, FILTER * gain, axis=axis, mode="mirror")
    return maps
