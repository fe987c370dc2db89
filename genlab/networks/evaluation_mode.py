"""A context manager for evaluation mode."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode inside a `with` block, and restore its mode afterwards, in all of its modules alike."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)
