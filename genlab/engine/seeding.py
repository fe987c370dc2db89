"""One integer from several: how (seed, images), (seed, batch) and (seed, image) become random state."""

import numpy as np
import torch

from genlab.errors import InputError


def mix(*numbers: int) -> int:
    """Non-negative integers -> one of 64 bits that depends on all of them, on their order and their number.

    Raises:
        InputError: a negative number.
    """
    if min(numbers) < 0:
        raise InputError(f"seed: got {min(numbers)}, expected a whole number from 0 on.")
    return int(np.random.SeedSequence([len(numbers), *numbers]).generate_state(1, np.uint64)[0])


def seed_everything(*numbers: int) -> None:
    """Set torch's generators, of the CPU and of every accelerator, from these numbers."""
    torch.manual_seed(mix(*numbers))
