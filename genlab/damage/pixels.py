"""Damage to each image: blur, noise, JPEG and shifted colours. uint8 (N, H, W, C) -> uint8 (N, H, W, C)."""

import io

import numpy as np
from PIL import Image


def blurred(images: np.ndarray, deviation: float) -> np.ndarray:
    """Gaussian blur with this standard deviation in pixels; edges are mirrored."""
    from scipy.ndimage import gaussian_filter

    return to_bytes(gaussian_filter(images.astype(np.float32), (0, deviation, deviation, 0), mode="mirror"))


def noisy(
    images: np.ndarray,
    deviation: float,  # of the noise, in grey levels
    seed: int = 0,
) -> np.ndarray:
    """Independent normal noise on each value, clipped to 0 to 255."""
    noise = np.random.default_rng(seed).normal(0, deviation, images.shape).astype(np.float32)
    return to_bytes(images.astype(np.float32) + noise)


def compressed(
    images: np.ndarray,  # of 1 or 3 channels
    quality: int,  # of Pillow's JPEG, 1 to 95
) -> np.ndarray:
    """Compress to JPEG and decode again."""
    return np.stack([through_jpeg(image, quality) for image in images])


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """uint8 (H, W, C) -> the same after JPEG compression."""
    file = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(image.shape)


def tinted(
    images: np.ndarray,  # of 3 channels
    shift: float,  # in grey levels
) -> np.ndarray:
    """Shift colours: red up and blue down by the same amount, clipped to 0 to 255."""
    moved = images.astype(np.float32) + np.array([shift, 0, -shift], np.float32)
    return to_bytes(moved)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Values in any range -> rounded and clipped to uint8."""
    levels: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return levels
