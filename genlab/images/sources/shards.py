"""Sets in several numbered files (shards), whose names contain the split: `train-00000-of-00008.parquet`, `imagenet-val-000000.tar`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from genlab.images.sources.splits import WORDS, quoted, split_of


class ShardSplits(NamedTuple):
    """Splits of the shards of a set."""

    splits: Mapping[str, str]  # name of a shard -> "train", "test", or "" if its name does not determine the split
    remarks: Sequence[str]  # what looks like a split and is not used as one


def shard_splits(names: Iterable[str]) -> ShardSplits:
    """Find the official split in the names and folders of shards: the last word of a path that means a split. It needs both splits."""
    found = {name: next(filter(None, map(split_of, reversed(re.split("[^a-z]+", name.lower())))), "") for name in names}
    given = set(found.values()) - {""}
    if len(given) == 1:
        missing = "training" if given == {"test"} else "held-out"
        example = next(name for name, split in found.items() if split)
        remark = (
            f"'{example}' looks like a split, but there are no {missing} files next to it: `test` and `seed` of the set determine the "
            f"held-out images. Words that are splits: {WORDS}."
        )
        return ShardSplits(dict.fromkeys(found, ""), [remark])
    others = [name for name, split in found.items() if not split and given]
    remark = f"{quoted(others)} names no split: `test` and `seed` of the set determine which of its images are held out."
    return ShardSplits(found, [remark] if others else [])
