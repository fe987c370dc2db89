"""Schedule of progressive growing, and real images at a stage. Karras et al. 2017 (arXiv:1710.10196), section 2 and appendix A."""

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from genlab.errors import InputError
from genlab.networks.growing import Growing, Stage, fade


class Growth:
    """Schedule of progressive growing, whose phases all have the same length.

    The first phase trains the first level. Each finer level is faded in during one phase and trained at full weight during the next; the
    last level is trained until the end. The schedule depends on progress only, so it has no state to save.

    Raises:
        InputError: a number out of range.
    """

    def __init__(
        self,
        phase: float,  # length of a phase, as a share of the budget; paper: 800,000 images
        start: int = 4,  # image side at the first level, pixels
        joined: Sequence[int] = (),  # number of batches joined into one at each level, from the first on; 1 for further levels
    ):
        if start < 4 or start & (start - 1):
            raise InputError(f"growth.start: got {start}, expected 4, 8, 16 or another power of 2 below the images' side.")
        if not 0 < phase <= 1:
            raise InputError(f"growth.phase: got {phase}, expected a share of the budget, above 0 and at most 1.")
        if any(count < 1 for count in joined):
            raise InputError(f"growth.joined: got {list(joined)}, expected whole numbers from 1 on.")
        self.start, self.phase, self.counts = start, phase, tuple(joined)

    def check(self, size: int) -> None:
        """Check that the schedule reaches images of this side, in pixels, within the budget.

        Raises:
            InputError: the side is not above that of the first level, or the phases are too long.
        """
        if size <= self.start:
            raise InputError(f"growth.start: got {self.start}, expected less than the images' side, {size}. Lower it, or disable growth.")
        phases = 2 * self.levels(size)
        if phases * self.phase > 1:
            raise InputError(
                f"growth.phase: got {self.phase}, expected at most {1 / phases:.4g}: there are {phases} phases from {self.start} to "
                f"{size} px. Lower it (and raise the budget, for phases of as many images)."
            )

    def levels(self, side: int) -> int:
        """Number of doublings from the side of the first level to this side, i.e. the number of further levels."""
        return (side // self.start).bit_length() - 1

    def stage_at(self, progress: float, size: int) -> Stage:
        """Return the stage at this share of the budget, in [0, 1], when growing to images of side `size`."""
        phases = progress / self.phase
        level = min(int(phases + 1) // 2, self.levels(size))
        return Stage(self.start << level, 1.0 if level == 0 else min(1.0, phases - (2 * level - 1)))

    def grow(self, progress: float, *networks: nn.Module) -> Stage:
        """Set networks that grow, see genlab.networks.growing, to the stage at this share of the budget, and return it."""
        growing = cast(list[Growing], networks)
        stage = self.stage_at(progress, growing[0].size)
        for network in growing:
            network.grow(stage)
        return stage

    def batches_per_turn(self, side: int) -> int:
        """Number of batches joined into one when the images have this side."""
        level = self.levels(side)
        return self.counts[level] if level < len(self.counts) else 1


def images_at_stage(
    images: Tensor,  # (N, C, size, size)
    stage: Stage,
) -> Tensor:
    """Real images at a stage of growth, (N, C, side, side): average-pooled, and faded in the same way as generated images."""
    if images.shape[-1] > stage.side:
        images = avg_pool2d(images, images.shape[-1] // stage.side)
    return images if stage.alpha == 1 else fade(avg_pool2d(images, 2), images, stage.alpha)
