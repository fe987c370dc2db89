"""Memory that a network needs for one image."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from genlab.serving.padding import padded_side

BLOCK = 16  # channels: onnxruntime stores features in blocks of 8 or 16 channels, depending on the processor
WORKING = (
    4.0  # memory of onnxruntime / bytes of live features. Measured: 1.3 to 3.7 for ResNets and U-Nets of width 4 to 64 at 256 to 1024 px
)


class LiveBytes(TorchDispatchMode):
    """Context manager that finds the largest number of bytes that the results of operations occupy at the same time.

    It counts what is alive after each operation, with channels rounded up to whole blocks. The number depends on shapes only, so that it is
    the same on every machine.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.largest = 0
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}  # by the address of the storage

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:  # the signature is torch's
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                storage = tensor.untyped_storage()
                if storage._cdata not in self.alive or self.alive[storage._cdata][0].expired():  # not a view
                    self.alive[storage._cdata] = StorageWeakRef(storage), in_blocks(tensor)
        self.alive = {address: entry for address, entry in self.alive.items() if not entry[0].expired()}
        self.largest = max(self.largest, sum(size for _, size in self.alive.values()))
        return result


def in_blocks(tensor: Tensor) -> int:
    """Bytes of a tensor, with the channels of features (N, C, H, W) rounded up to whole blocks."""
    size: int = tensor.untyped_storage().nbytes()
    if tensor.dim() != 4 or not size:
        return size
    channels: int = tensor.shape[1]
    return size // channels * padded_side(channels, BLOCK)


@torch.no_grad()
def memory_of(network: nn.Module, *inputs: Tensor) -> int:
    """Bytes that onnxruntime needs at most to compute a network's output, in addition to its weights, from the features in torch."""
    with LiveBytes() as counted:
        network(*inputs)
    largest: int = counted.largest
    return round(WORKING * largest)
