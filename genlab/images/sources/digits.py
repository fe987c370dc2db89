"""Handwritten digits of 8 x 8 px, as scikit-learn brings them along.

They are the test part of UCI's Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998, doi:10.24432/C50P49, CC BY 4.0):
bitmaps of 32 x 32 px, black or white, of which each block of 4 x 4 became one pixel, the number of its black ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from genlab.images.sources.files import Item

LEVELS = 17  # 0 to 16 black pixels of a block


@dataclass(frozen=True)
class Digits:
    """The 1,797 digits, white on black, grey, labelled '0' to '9'. Written by 13 people, of whom it is not known who wrote which.

    A pixel is one of 17 levels v, stored as 255 v / 16, rounded: genlab.images.levels.level_of(images, 17) gives v back. There is no split
    among them: the set's `test` and `seed` decide.
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
