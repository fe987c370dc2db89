"""Augmentation by albumentations, reseeded for each image."""

import os
from typing import Literal

import numpy as np

from genlab.engine.seeding import mix

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it asks an outside host for its newest version when it is imported


class Augmentation:
    """uint8 image (H, W, C) -> uint8 image (H, W, C), a function of the image and of the numbers that seed it.

    Reseeded each time: albumentations' own random state is the same in every worker and in every epoch.
    """

    def __init__(
        self,
        flip: float = 0.5,  # probability of a mirror image
        jitter: float = 0.0,  # enlarged by this share of its side, then cropped anywhere (CycleGAN: 286 / 256 - 1 = 0.117)
        fill: Literal["enlarge", "pad"] = "enlarge",  # pad: shifted by up to `jitter` of its side on a continued border instead
    ):
        self.flip, self.jitter, self.fill = flip, jitter, fill
        self._transforms: dict[tuple[int, int], object] = {}

    def __call__(self, image: np.ndarray, *seed: int, pair: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Also its pair, if it has one, with the same geometry."""
        transform = self._transform(image.shape[:2])
        transform.set_random_seed(mix(*seed) % 2**32)
        result = transform(image=image) if pair is None else transform(image=image, pair=pair)
        return result["image"], result.get("pair")

    def _transform(self, size: tuple[int, int]):
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
