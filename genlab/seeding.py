"""One integer from several: how (seed, images), (seed, batch) and (seed, image) become random state."""

import numpy as np
import torch


def mix(*numbers: int) -> int:
    """Non-negative integers -> one of 64 bits that depends on all of them and on their order."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def seed_everything(*numbers: int) -> None:
    """Set torch's generators, of the CPU and of every accelerator, from these numbers."""
    torch.manual_seed(mix(*numbers))
