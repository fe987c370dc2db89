"""Handwritten digits of 8 x 8 px from scikit-learn.

They are the test part of UCI's Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998, doi:10.24432/C50P49, CC BY 4.0):
black and white bitmaps of 32 x 32 px, reduced to the number of black pixels in each block of 4 x 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from genlab.images.sources.files import Item

LEVELS = 17  # 0 to 16 black pixels of a block


@dataclass(frozen=True)
class Digits:
    """The 1,797 digits in grey, white on black, labelled '0' to '9'. 13 people wrote them; who wrote which is unknown.

    A pixel is one of 17 levels v, stored as 255 v / 16, rounded; genlab.images.levels.level_of(images, 17) recovers v. There is no
    predefined split: `test` and `seed` of the set determine it.
    """

    def items(self) -> Iterator[Item]:
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = np.rint(255 * digits.images / (LEVELS - 1)).astype(np.uint8)
        for index, label in enumerate(digits.target):
            stem = f"{index:04d}"
            yield Item(f"digits.csv.gz#{stem}", partial(pixels.__getitem__, index), stem, label=str(label))

    def domains(self) -> dict[str, str]:
        return {}
