"""Seeds derived from several integers, e.g. (seed, images), (seed, batch) or (seed, image)."""

import numpy as np
import torch

from genlab.errors import InputError


def mix(*numbers: int) -> int:
    """Hash non-negative integers into one 64-bit integer that depends on their values, order and number.

    Raises:
        InputError: a negative number.
    """
    if min(numbers) < 0:
        raise InputError(f"seed: got {min(numbers)}, expected a whole number from 0 on.")
    return int(np.random.SeedSequence([len(numbers), *numbers]).generate_state(1, np.uint64)[0])


def seed_everything(*numbers: int) -> None:
    """Seed torch's generators of the CPU and of every accelerator with a hash of these numbers."""
    seed = mix(*numbers)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed takes 60 times as long where there is no accelerator
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)
