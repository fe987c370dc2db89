"""The schedule of progressive growing, and real images at a stage. Karras et al. 2017 (arXiv:1710.10196), section 2 and appendix A."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import avg_pool2d

from genlab.errors import InputError
from genlab.networks.growing import Growing, Stage, fade


class Growth:
    """A first level; then for each finer one a fade and a rest, all of the same length. The last one rests until the end.

    A function of progress alone: nothing of it has to be saved.

    Raises:
        InputError: a number out of range.
    """

    def __init__(
        self,
        phase: float,  # share of the budget; paper: 800,000 images
        start: int = 4,  # side of the first level, pixels
        joined: Sequence[int] = (),  # batches that make one, at each level from the first on; 1 where there are no more
    ):
        if start < 4 or start & (start - 1):
            raise InputError(f"growth.start: got {start}, expected 4, 8, 16 or another power of 2 below the images' side.")
        if not 0 < phase <= 1:
            raise InputError(f"growth.phase: got {phase}, expected a share of the budget, above 0 and at most 1.")
        if any(count < 1 for count in joined):
            raise InputError(f"growth.joined: got {list(joined)}, expected whole numbers from 1 on.")
        self.start, self.phase, self.counts = start, phase, tuple(joined)

    def check(self, size: int) -> None:
        """Whether images of this side are reached in time.

        Raises:
            InputError: they are not.
        """
        if size <= self.start:
            raise InputError(f"growth.start: got {self.start}, expected less than the images' side, {size}. Lower it, or grow not at all.")
        phases = 2 * self.levels(size)
        if phases * self.phase > 1:
            raise InputError(
                f"growth.phase: got {self.phase}, expected at most {1 / phases:.4g}: there are {phases} phases from {self.start} to "
                f"{size} px. Lower it (and raise the budget, for phases of as many images)."
            )

    def levels(self, side: int) -> int:
        """How often the first level's side is doubled to become this one."""
        return (side // self.start).bit_length() - 1

    def stage_at(self, progress: float, size: int) -> Stage:
        """The stage at a share of the budget, in [0, 1], on the way to images of `size`."""
        phases = progress / self.phase
        level = min(int(phases + 1) // 2, self.levels(size))
        return Stage(self.start << level, 1.0 if level == 0 else min(1.0, phases - (2 * level - 1)))

    def grow(self, progress: float, *players: Growing) -> Stage:
        """Bring the players to the stage at this share of the budget."""
        stage = self.stage_at(progress, players[0].size)
        for player in players:
            player.grow(stage)
        return stage

    def batches_per_turn(self, side: int) -> int:
        """How many batches make one at this side."""
        level = self.levels(side)
        return self.counts[level] if level < len(self.counts) else 1


def images_at_stage(
    images: Tensor,  # (N, C, size, size)
    stage: Stage,
) -> Tensor:
    """Real images as they are at a stage, (N, C, side, side): means over squares of pixels, faded as the generator's."""
    if images.shape[-1] > stage.side:
        images = avg_pool2d(images, images.shape[-1] // stage.side)
    return images if stage.alpha == 1 else fade(avg_pool2d(images, 2), images, stage.alpha)
