"""Features in batches: of arrays in memory, and of image sets on disk."""

from collections.abc import Callable

import numpy as np

Compute = Callable[[np.ndarray], np.ndarray]  # images uint8 (N, H, W, C) -> features float32 (N, D)


def in_batches(compute: Compute, images: np.ndarray, batch_size: int) -> np.ndarray:
    """Apply a function to images (N, H, W, C) in batches -> its values for all of them, float32 (N, D)."""
    first = compute(images[:batch_size])
    values = np.empty((len(images), *first.shape[1:]), np.float32)
    values[: len(first)] = first
    for start in range(batch_size, len(images), batch_size):
        values[start : start + batch_size] = compute(images[start : start + batch_size])
    return values


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits (N, K) -> probabilities float32 (N, K). The largest logit is subtracted first, so that nothing overflows."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    probabilities: np.ndarray = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities
