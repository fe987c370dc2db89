"""Augmentation by albumentations with a seed per image."""

import os
from typing import Any, Literal

import numpy as np

from genlab.engine.seeding import mix

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # otherwise the import contacts an external host for the newest version


class Augmentation:
    """Flip and shift an image uint8 (H, W, C) at random. The result is a function of the image and of the seed.

    Each call sets the seed, because albumentations' own random state is the same in every worker and every epoch.
    """

    def __init__(
        self,
        flip: float = 0.5,  # probability of a mirror image
        jitter: float = 0.0,  # enlarge each side by this share, then crop at random (CycleGAN: 286 / 256 - 1 = 0.117)
        fill: Literal["enlarge", "pad"] = "enlarge",  # pad: repeat the border pixels instead; shifts by up to `jitter`
    ):
        self.flip, self.jitter, self.fill = flip, jitter, fill
        self._transforms: dict[tuple[int, int], Any] = {}

    def __call__(self, image: np.ndarray, *seed: int, pair: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Augment an image and, with the same geometry, the other image of its pair, if any; return both."""
        transform = self._transform(image.shape[:2])
        transform.set_random_seed(mix(*seed) % 2**32)
        result = transform(image=image) if pair is None else transform(image=image, pair=pair)
        return result["image"], result.get("pair")

    def _transform(self, size: tuple[int, int]) -> Any:
        if size not in self._transforms:
            import albumentations

            steps = [albumentations.HorizontalFlip(p=self.flip)]
            if self.jitter > 0:
                height, width = (round(side * (1 + self.jitter)) for side in size)
                if self.fill == "enlarge":
                    steps.append(albumentations.Resize(height, width))
                else:
                    steps.append(albumentations.PadIfNeeded(2 * height - size[0], 2 * width - size[1], border_mode=1))
                steps.append(albumentations.RandomCrop(*size))
            self._transforms[size] = albumentations.Compose(steps, additional_targets={"pair": "image"})
        return self._transforms[size]
