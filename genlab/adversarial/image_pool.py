"""Image pool, which also trains critics on earlier fakes. Shrivastava et al. 2016 (arXiv:1612.07828), section 2.3."""

from collections.abc import Mapping

import torch
from torch import Tensor

from genlab.engine import parts
from genlab.engine.divided import of_all_ranks
from genlab.engine.remembered import Remembered


class ImagePool(parts.InOrder):
    """Fakes (N, C, H, W) -> N fakes; with probability 1/2, a fake is swapped with a random one from the pool.

    Until the pool is full, fakes are stored and returned unchanged. The pool consists of buffers and is part of a checkpoint, so that
    a resumed run trains its critics on the same fakes.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int):  # number of images; 0 disables the pool
        super().__init__()
        self.size = size
        self.register_buffer("images", torch.empty(0))
        self.register_buffer("count", torch.tensor(0))
        self.filled = Remembered()  # `count`

    def forward(self, fakes: Tensor) -> Tensor:
        if self.size == 0:
            return fakes
        gathered = parts.gather(fakes)
        with of_all_ranks():  # every rank holds the same pool
            exchanged = self.exchanged(gathered)
        own: Tensor = parts.own(exchanged)
        return own

    def exchanged(self, fakes: Tensor) -> Tensor:
        """Fakes (N, C, H, W) -> fakes from the pool, (N, C, H, W)."""
        if self.images.shape[1:] != fakes.shape[1:]:
            self.images, self.count = fakes.new_zeros(self.size, *fakes.shape[1:]), torch.zeros_like(self.count)
        shown = []
        filled = self.filled.read(self.count)
        swap = torch.rand(len(fakes)).lt(0.5).tolist()
        place = torch.randint(self.size, (len(fakes),)).tolist()
        for fake, is_swapped, at in zip(fakes, swap, place, strict=True):
            if filled < self.size:
                self.images[filled] = fake
                filled += 1
                shown.append(fake)
            elif is_swapped:
                shown.append(self.images[at].clone())
                self.images[at] = fake
            else:
                shown.append(fake)
        self.filled.set(self.count, filled)
        return torch.stack(shown)

    def _load_from_state_dict(self, state_dict: Mapping[str, Tensor], prefix: str, *arguments: object) -> None:
        # The buffer takes the saved shape.
        self.images = self.images.new_empty(state_dict[prefix + "images"].shape)
        super()._load_from_state_dict(state_dict, prefix, *arguments)
