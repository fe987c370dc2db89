"""Handwritten digits of 8 x 8 px from scikit-learn's copy of a table of UCI, see genlab.images.sources.digits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genlab.fetching.contracts import Made, check_names, content
from genlab.images.sources.digits import LEVELS
from genlab.images.sources.idx import encode_idx

SIDE = 8


@dataclass(frozen=True)
class DigitFiles:
    """The 1,797 digits as IDX files, as MNIST has them: `images-idx3-ubyte.gz` and `labels-idx1-ubyte.gz`.

    A pixel v of 0 to 16 is stored as 255 v / 16, rounded, as in the image set `digits`.
    """

    def files(self, archives: Mapping[str, Path]) -> Sequence[Made]:
        check_names(archives, ["digits"], "DigitFiles")
        rows = np.loadtxt(archives["digits"], delimiter=",", ndmin=2)  # 64 pixels and a label; NumPy unpacks .gz
        pixels = np.rint(255 * rows[:, :-1] / (LEVELS - 1)).astype(np.uint8).reshape(-1, SIDE, SIDE)
        files = {"images-idx3-ubyte.gz": encode_idx(pixels), "labels-idx1-ubyte.gz": encode_idx(rows[:, -1].astype(np.uint8))}
        return [Made(name, len(data), content(data)) for name, data in files.items()]
