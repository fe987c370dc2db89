"""Whole numbers that are part of a recipe's state, as tensors on its device, without waiting for the device to read them."""

import torch
from torch import Tensor


class Remembered:
    """The value of a scalar tensor that counts, known on the host.

    Reading a tensor of a GPU waits for all work in its queue. The tensor is therefore read only if it was replaced or changed by others
    since `set`, e.g. by load_state_dict: torch counts the changes of a tensor in place.
    """

    def __init__(self) -> None:
        self._tensor: Tensor | None = None
        self._version, self._value = -1, 0

    def read(self, tensor: Tensor) -> int:
        """Return the value of the tensor."""
        if tensor is not self._tensor or tensor._version != self._version:
            self._tensor, self._version, self._value = tensor, tensor._version, int(tensor)
        return self._value

    @torch.no_grad()
    def set(self, tensor: Tensor, value: int) -> None:
        """Set the tensor to a value, in place."""
        tensor.fill_(value)
        self._tensor, self._version, self._value = tensor, tensor._version, value
