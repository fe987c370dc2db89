"""The image pool: critics see fakes of the past too (Shrivastava et al. 2016, arXiv:1612.07828, section 2.3)."""

import torch
from torch import Tensor, nn


class ImagePool(nn.Module):
    """Fakes (N, C, H, W) -> N fakes, each with probability 1/2 an older one that it replaces in the pool.

    Made of buffers, so that a checkpoint holds it: a resumed run shows its critics the same fakes.
    """

    def __init__(self, size: int):  # images; 0 turns the pool off
        super().__init__()
        self.size = size
        self.register_buffer("images", torch.empty(0))
        self.register_buffer("count", torch.tensor(0))

    def forward(self, fakes: Tensor) -> Tensor:
        if self.size == 0:
            return fakes
        if self.images.shape[1:] != fakes.shape[1:]:
            self.images, self.count = fakes.new_zeros(self.size, *fakes.shape[1:]), torch.zeros_like(self.count)
        shown = []
        filled = int(self.count)
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
        self.count.fill_(filled)
        return torch.stack(shown)

    def _load_from_state_dict(self, state_dict, prefix, *arguments):  # the buffer takes the saved shape
        self.images = self.images.new_empty(state_dict[prefix + "images"].shape)
        super()._load_from_state_dict(state_dict, prefix, *arguments)
